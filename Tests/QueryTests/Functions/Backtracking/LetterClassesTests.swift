import Glibc
import XCTest

@testable import Query

/// Goal: PostgreSQL's classes of characters are the C library's, as far as ASCII goes. Method: each of its 128 characters is asked of both.
final class LetterClassesTests: XCTestCase {
    func test_ofASCII_areTheCLibrarysClasses() throws {
        let tests: [String: (Int32) -> Int32] = [
            "alnum": isalnum, "alpha": isalpha, "blank": isblank, "cntrl": iscntrl, "digit": isdigit, "graph": isgraph, "lower": islower, "print": isprint, "punct": ispunct, "space": isspace,
            "upper": isupper, "xdigit": isxdigit, "ascii": isascii, "word": { $0 == 0x5F ? 1 : isalnum($0) },
        ]
        XCTAssertEqual(Set(tests.keys), Set(LetterClasses.ofASCII.keys))
        for (name, isOf) in tests {
            let ranges = try XCTUnwrap(LetterClasses.ofASCII[name])
            for character in Int32(0)...127 {
                XCTAssertEqual(ranges.contains { $0.contains(UInt32(character)) }, isOf(character) != 0, "\(name) of \(character)")
            }
            XCTAssertTrue(ranges.allSatisfy { $0.upperBound < 128 }, name)
        }
    }

    func test_isWord_ofEveryByte_isLettersDigitsAndUnderscoresOfASCII() {
        for byte in UInt8.min...UInt8.max {
            XCTAssertEqual(LetterClasses.isWord(byte), byte < 128 && (isalnum(Int32(byte)) != 0 || byte == UInt8(ascii: "_")), "\(byte)")
        }
    }

    func test_cases_beginWithTheCharacter_andHaveEachOnce() {
        for value in UInt32(0)...0xFFFF {
            let cases = LetterClasses.cases(value)
            if cases.first != value || Set(cases).count != cases.count || cases.count > 3 { XCTFail("\(value): \(cases)") }
            if value < 128 {
                let other = value ^ 0x20
                XCTAssertEqual(cases, isalpha(Int32(value)) != 0 ? [value, other] : [value], "\(value)")
            }
        }
        // Two letters, or a letter and a mark, are no character.
        XCTAssertEqual(LetterClasses.cases(0xDF), [0xDF])
        XCTAssertEqual(LetterClasses.cases(0x130), [0x130])
        XCTAssertEqual(LetterClasses.cases(0xD800), [0xD800])
    }
}

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

    /// Found by rows of letters, and asked here of each.
    func test_otherCases_areThoseOfEachCharacterThatNoRangeHas() {
        let cased = (UInt32(0x41)...0x1E943).map { (value: $0, cases: LetterClasses.cases($0)) }.filter { $0.cases.count > 1 }
        let cases: [[ClosedRange<UInt32>]] = [
            [], [0x41...0x5A], [0x61...0x7A], [0x6B...0x6B], [0x30...0x39], [0...0x10FFFF], [0x100...0x12F], [0x101...0x110], [0x102...0x111], [0x430...0x44F, 0x410...0x415], [0x212A...0x212A],
            [0x250...0x2AF], [0x78...0x7A, 0x58...0x58], [0x61...0x6D, 0x6E...0x7A], [0x1C4...0x1CC], [0x3A3...0x3C2], [0x10D0...0x10FF, 0x1C90...0x1C95], [0x41...0x1E921], [0x1E910...0x10FFFF], [0x64...0x66, 0x62...0x67],
        ]
        for ranges in cases {
            func isNamed(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
            let expected = Set(cased.filter { isNamed($0.value) }.flatMap { $0.cases }).filter { !isNamed($0) }
            let found = LetterClasses.otherCases(of: ranges)
            XCTAssertEqual(found.flatMap { Array($0) }, expected.sorted(), "\(ranges)")
            XCTAssertTrue(zip(found, found.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound }, "\(ranges)")
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

import XCTest

@testable import Processes

/// Goal: numbers and quoted texts are read as their grammars have them, and the place behind them is right. Method: every text of a few signs, against a regular expression or a plain reader.
final class ScannerTests: XCTestCase {
    private func texts(_ signs: String, upTo length: Int) -> [String] {
        var all = [""], last = [""]
        for _ in 0..<length {
            last = last.flatMap { text in signs.map { text + String($0) } }
            all += last
        }
        return all
    }

    func test_number_ofEveryShortText_isJSONs() throws {
        // A sign without a digit is no number, and takes nothing; a number that is begun has to be one, up to where it cannot go on.
        for text in texts("-01.e+", upTo: 5) {
            var scanner = Scanner(text)
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            let isBegun = digits.first.map { "01".contains($0) } ?? false
            do {
                let number = try scanner.number()
                XCTAssertEqual(number != nil, isBegun, text)
                XCTAssertEqual(scanner.position, number?.utf8.count ?? 0, text)
                guard let number else { continue }
                XCTAssertTrue(text.hasPrefix(number), text)
                XCTAssertNotNil(number.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/), "\(number) of \(text)")
                // Nothing that would go on with it was left.
                let rest = text.dropFirst(number.count)
                let isWhole = !number.contains(".") && !number.contains("e")
                XCTAssertFalse(rest.first.map { "01".contains($0) } ?? false || rest.hasPrefix("e") && !number.contains("e") || rest.hasPrefix(".") && isWhole, "\(number) of \(text)")
            } catch {
                XCTAssertTrue(isBegun, text)
            }
        }
    }

    func test_quoted_ofEveryShortText_endsAtItsOwnQuote() {
        for text in texts("'\"\\a", upTo: 6) {
            var scanner = Scanner(text)
            let found = try? scanner.quoted()
            XCTAssertEqual(found.map { String(decoding: $0, as: UTF8.self) }, Self.plain(text)?.text, text)
            if let plain = Self.plain(text) { XCTAssertEqual(scanner.position, plain.end, text) }
            XCTAssertLessThanOrEqual(scanner.position, text.utf8.count)
        }
    }

    /// What stands within the first quotes, and the place behind them.
    private static func plain(_ text: String) -> (text: String, end: Int)? {
        let signs = Array(text)
        guard let quote = signs.first, quote != "a", quote != "\\" else { return nil }
        var result = "", place = 1
        while place < signs.count {
            if signs[place] == quote { return (result, place + 1) }
            if signs[place] == "\\" { place += 1 }
            guard place < signs.count else { return nil }
            result.append(signs[place])
            place += 1
        }
        return nil
    }

    func test_integer_ofEveryShortText_isItsDigits() {
        for text in texts("-09a", upTo: 4) {
            var scanner = Scanner(text)
            let digits = (text.hasPrefix("-") ? text.dropFirst() : text[...]).prefix { $0 == "0" || $0 == "9" }
            let wanted = digits.isEmpty ? nil : Int((text.hasPrefix("-") ? "-" : "") + String(digits))
            // Nothing at all is nil, a minus alone a fault.
            XCTAssertEqual(try? scanner.integer(), wanted, text)
        }
        for text in ["9223372036854775807", "-9223372036854775808"] {
            var scanner = Scanner(text)
            XCTAssertEqual(try scanner.integer(), Int(text))
        }
        var scanner = Scanner("9223372036854775808")
        XCTAssertThrowsError(try scanner.integer())
    }
}

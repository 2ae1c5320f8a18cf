import TestSupport
import XCTest

@testable import Query
@testable import Server

/// Goal: statements of a message are cut where the language's own lexer sees a semicolon. Method: texts by chance of the pieces by which texts, names and comments begin, go on and end.
final class ScannerAndLexerTests: XCTestCase {
    private static let pieces = [
        "a", "é", "1 ", ",", " ", "\n", "\n", "\r", ";", ";", "'x'", "'it''s;'", "E'a'", "E'a'", "e'\\';b'", "'\\'", "'\\';b'", "\"n;\"", "$$;$$", "$t$;'$t$", "-- ;", "/* ; /* ' */ */",
        "U&'z;'", "'", "E'",
    ]

    /// From where to where each statement goes that says something, in scalars.
    private func cuts(ofTokens tokens: [Token], _ count: Int) -> [Range<Int>] {
        var found: [Range<Int>] = [], start = 0, isEmpty = true
        for token in tokens {
            let isEnd = token.kind == .end
            guard isEnd || token.kind == .symbol && token.text == ";" else {
                isEmpty = false
                continue
            }
            let end = isEnd ? count : token.position - 1
            if !isEmpty { found.append(start..<end) }
            (start, isEmpty) = (end + 1, true)
        }
        return found
    }

    func test_cuts_areTheSame() throws {
        var random = SplitMix64(state: 60), comparedCount = 0
        for _ in 0..<20_000 {
            let text = "a" + (0..<Int.random(in: 1...16, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
            // What the lexer refuses the client hears of, whichever of both has seen it.
            guard let tokens = try? Lexer.tokens(of: text) else { continue }
            let wanted = cuts(ofTokens: tokens, text.unicodeScalars.count)
            let found = try StatementScanner.statements(text).map { $0.start..<$0.start + $0.text.unicodeScalars.count }
            XCTAssertEqual(found, wanted, text.debugDescription)
            if found.count > 1 { comparedCount += 1 }
        }
        XCTAssertGreaterThan(comparedCount, 300, "texts of several statements that both read")
    }
}

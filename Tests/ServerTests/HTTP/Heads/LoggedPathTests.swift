import Server
import XCTest

final class LoggedPathTests: XCTestCase {
    func test_text_keysAndTokens_areCut() {
        let chosen = "chosen-by-the-administrator/with a slash"
        func text(_ path: String) -> String { LoggedPath.text(of: path) { $0.contains(chosen) || $0 == "opaque-key-of-some-issuer" } }
        let key = "till_0123456789abcdefghjkmnpqrstvwxyz"
        XCTAssertEqual(text("/v1/receipts/\(key)"), "/v1/receipts/till_…")
        XCTAssertEqual(text("/\(key)/x"), "/till_…/x")
        XCTAssertEqual(text("/v1/till%5F0123456789abcdefgh"), "/v1/till%…")
        XCTAssertEqual(text("/v1/%74ill_0123456789abcdefgh"), "/v1/%74il…")
        XCTAssertEqual(text("/v1/contracts/whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "/v1/contracts/whsec…")
        XCTAssertEqual(text("/eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln"), "/eyJhb…")
        XCTAssertEqual(text("/v1/opaque-key-of-some-issuer"), "/v1/opaqu…")
        XCTAssertEqual(text("/x/chosen-by-the-administrator/with%20a%20slash"), "/…")
    }

    func test_text_whatIsNoSecret_stays() {
        for path in ["/", "", "/v1/receipts", "/v1/tickets/01JDABCDEFGHJKMNPQRSTVWXYZ", "/v1/receipts/0f8fad5b-d9cb-469f-a165-70867728950e", "/v1/contracts/corner-shop-of-the-north-side/keys"] {
            XCTAssertEqual(LoggedPath.text(of: path) { _ in false }, path)
        }
        let long = LoggedPath.text(of: "/" + String(repeating: "a", count: 30_000)) { _ in false }
        XCTAssertLessThan(long.utf8.count, 600)
    }
}

import ColumnStore
import Processes
import XCTest

@testable import Documents
@testable import Ingest

/// What each answer of a registrar means, to a call and to a question.
final class RegistrarCallTests: XCTestCase {
    /// 2026-11-20T12:00:00Z.
    private static let now: Int64 = 1_795_176_000

    private func meaning(
        _ status: Int, _ body: String = "", headers: [String: String] = [:], toQuestion isQuestion: Bool = false
    ) -> String {
        let response = OutgoingResponse(status: status, headers: headers, body: Array(body.utf8))
        return Self.text(RegistrarCall.answer(.success(response), toQuestion: isQuestion, nowSeconds: Self.now))
    }

    private static func text(_ answer: RegistrarCall.Answer) -> String {
        switch answer {
        case .final(let outcome): outcome.isAccepted ? "accepted \(outcome.reference ?? "-")" : "rejected \(outcome.errors.map(\.message))"
        case .inProgress: "in progress"
        case .neverSeen: "never seen"
        case .failed(_, let retryAfter, let mayHaveArrived): "again\(retryAfter.map { " after \($0 / 1_000_000) s" } ?? "")\(mayHaveArrived ? ", asking first" : "")"
        }
    }

    /// As in answers: a byte order mark is no JSON, and in any other text the first character, so that whoever encodes it has the document's bytes.
    func test_document_isSentAsAnswersHaveIt() throws {
        func sent(_ contentType: String, _ document: [UInt8]) throws -> JSONValue {
            let summary = ReceiptSummary(ticketID: "T", clientID: "c", receiptID: "r", type: "t", businessDay: 0, state: .processing, sequence: 1)
            let stored = StoredReceipt(summary: summary, table: "receipts", sha256: [], receivedAt: 0, completedAt: nil)
            let call = HotFile.StepCall(state: .pending, attempts: 0, expiresAt: .max, stored: stored, contentType: contentType, trace: nil)
            let request = RegistrarCall.send(call, document, to: "tax", RegistrarOptions(url: "http://tax.example/", secret: "s"), callbackBase: "http://till.example", now: 0)
            return try JSONParser.parse(request.body)
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let (json, xml) = (Array(#"{"total":1.50}"#.utf8), mark + Array("<a>é</a>".utf8))
        XCTAssertEqual(try sent("application/json", mark + json)["document"]?.serialized, json)
        XCTAssertEqual(try sent("application/xml", xml)["document"]?.text.map { Array($0.utf8) }, xml)
        XCTAssertNotNil(try sent("application/xml; charset=windows-1252", [0xE9])["document_base64"]?.text)
    }

    func test_answer_toACall() {
        XCTAssertEqual(meaning(200, #"{"outcome":"accepted","reference":"R-1"}"#), "accepted R-1")
        XCTAssertEqual(meaning(200, #"{"outcome":"accepted","reference":17}"#), "accepted 17")
        XCTAssertEqual(meaning(200, #"{"outcome":"rejected","errors":["no",{"message":"too much"},{"detail":"late"}]}"#), #"rejected ["no", "too much", "late"]"#)
        XCTAssertEqual(meaning(200, #"{"outcome":"rejected"}"#), #"rejected ["rejected by the registrar"]"#)
        for body in ["", "yes", "{}", #"{"outcome":"perhaps"}"#, #"["accepted"]"#] { XCTAssertEqual(meaning(200, body), "again, asking first", body) }
        XCTAssertEqual(meaning(202), "in progress")
        for status in [400, 401, 404, 409, 410, 422] { XCTAssertEqual(meaning(status), #"rejected ["the registrar answered \#(status)"]"#) }
        XCTAssertEqual(meaning(422, #"{"outcome":"rejected","errors":["too much"]}"#), #"rejected ["too much"]"#)
        for status in [408, 429] { XCTAssertEqual(meaning(status), "again") }
        for status in [500, 502, 503, 504] { XCTAssertEqual(meaning(status), "again, asking first") }
        for status in [201, 204, 301, 302, 307] { XCTAssertEqual(meaning(status, #"{"outcome":"accepted"}"#), "again", "\(status)") }
    }

    func test_retryAfter_atTheEndsOfTime_waitsADayAtMost() {
        let day: Int64 = 86_400_000_000
        for text in ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 292277026596 15:30:07 GMT", "Thu, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan -292277022657 00:00:00 GMT"] {
            for now in [Int64.min, -1, 0, Self.now, .max] {
                let wait = RegistrarCall.retryAfter(text, now)
                XCTAssertTrue(wait.map { (0...day).contains($0) } ?? true, "\(text) at \(now): \(wait ?? -1)")
            }
        }
        XCTAssertEqual(RegistrarCall.retryAfter("9223372036854775807", 0), day)
        XCTAssertEqual(RegistrarCall.retryAfter("-9223372036854775808", 0), 0)
        XCTAssertEqual(RegistrarCall.retryAfter("Fri, 31 Dec 9999 23:59:59 GMT", .min), day)
    }

    func test_answer_toAQuestion() {
        XCTAssertEqual(meaning(200, #"{"outcome":"accepted"}"#, toQuestion: true), "accepted -")
        XCTAssertEqual(meaning(202, toQuestion: true), "in progress")
        XCTAssertEqual(meaning(404, toQuestion: true), "never seen")
        // A question that is refused says nothing of the receipt.
        for status in [400, 401, 410] { XCTAssertEqual(meaning(status, toQuestion: true), "again", "\(status)") }
    }

    func test_signature_isOverWhatTheHeaderSaysOfTheID() throws {
        let secret = try XCTUnwrap(WebhookSecret("secret"))
        for (id, text) in [("e-1", "e-1"), ("a b%20", "a b%20"), (" заказ 1 ", "%20%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7 1%20"), (" ", "%20")] {
            let headers = RegistrarCall.signature(id: id, body: [1], secrets: [secret], nowSeconds: Self.now)
            XCTAssertEqual(headers.first { $0.name == "webhook-id" }?.value, text)
            let signature = WebhookSignature.sign(id: text, timestamp: Self.now, body: [1], secrets: [secret])
            XCTAssertEqual(headers.first { $0.name == "webhook-signature" }?.value, signature)
        }
    }

    func test_answer_none_saysWhetherItMayHaveArrived() {
        let failures: [(OutgoingFailure, String)] = [
            (.timedOut, "again, asking first"), (.broken("x"), "again, asking first"), (.notConnected("x"), "again"), (.addressRefused, "again"),
        ]
        for (failure, expected) in failures {
            XCTAssertEqual(Self.text(RegistrarCall.answer(.failure(failure), toQuestion: false, nowSeconds: Self.now)), expected, "\(failure)")
        }
    }

    func test_retryAfter_secondsAndDates() {
        let table: [(String, String)] = [
            ("7", "again after 7 s"), ("0", "again after 0 s"), ("-5", "again after 0 s"), ("999999999", "again after 86400 s"),
            ("Fri, 20 Nov 2026 12:00:30 GMT", "again after 30 s"), ("Fri, 20 Nov 2026 11:00:00 GMT", "again after 0 s"), ("soon", "again"), ("", "again"),
            ("Fri, 31 Dec 9999 2\u{610}L\u{FFFD}3:59:59 GMT", "again"), ("Friday, 20-Nov-26 12:00:30 GMT", "again after 30 s"),
        ]
        for (header, expected) in table { XCTAssertEqual(meaning(429, headers: ["retry-after": header]), expected, header) }
        XCTAssertEqual(meaning(503, headers: ["retry-after": "7"]), "again after 7 s, asking first")
    }
}

import Documents
import Ingest
import XCTest

final class WebhookSignatureTests: XCTestCase {
    private let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    private let body = Array(#"{"test": 2432232314}"#.utf8)
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"

    /// The example of the specification.
    func test_sign_specificationsExample_givesItsSignature() throws {
        let secret = try XCTUnwrap(secret)
        let signature = WebhookSignature.sign(id: id, timestamp: 1_614_265_330, body: body, secrets: [secret])
        XCTAssertEqual(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    func test_verify_changedPartsOrOldTimes_areRefused() throws {
        let secret = try XCTUnwrap(secret)
        let other = try XCTUnwrap(WebhookSecret("another secret"))
        let time: Int64 = 1_614_265_330
        let signature = WebhookSignature.sign(id: id, timestamp: time, body: body, secrets: [other, secret])
        func verify(id: String? = nil, timestamp: String? = nil, body: [UInt8]? = nil, secrets: [WebhookSecret]? = nil, now: Int64 = 1_614_265_331) -> WebhookSignature.Verdict {
            WebhookSignature.verify(
                id: id ?? self.id, timestamp: timestamp ?? String(time), signature: signature, body: body ?? self.body,
                secrets: secrets ?? [secret], nowSeconds: now)
        }
        XCTAssertEqual(verify(), .valid)
        XCTAssertEqual(verify(secrets: [other]), .valid, "either secret of a rotation signs")
        XCTAssertEqual(verify(now: time + 300), .valid)
        XCTAssertEqual(verify(now: time + 301), .wrongTime(behindSeconds: 301))
        XCTAssertEqual(verify(now: time - 301), .wrongTime(behindSeconds: -301))
        XCTAssertEqual(verify(id: "msg_other"), .wrongSignature)
        XCTAssertEqual(verify(timestamp: "\(time + 1)"), .wrongSignature)
        XCTAssertEqual(verify(timestamp: "now"), .noTime)
        XCTAssertEqual(verify(body: body + [32]), .wrongSignature)
        XCTAssertEqual(verify(secrets: []), .wrongSignature)
    }

    /// The difference of two times from outside is more than a number holds, or has no absolute value.
    func test_verify_timesAtTheEndsOfTheirRange_neverTrap() throws {
        let secret = try XCTUnwrap(secret)
        let now: Int64 = 1_795_000_000
        for time in [Int64.min, .min + 1, -1, 0, 1, now - .max, .max - 1, .max, now &- .min] {
            for clock in [now, Int64.min, .max, 0, -1] where clock != time {
                let signature = WebhookSignature.sign(id: id, timestamp: time, body: body, secrets: [secret])
                let verdict = WebhookSignature.verify(
                    id: id, timestamp: String(time), signature: signature, body: body, secrets: [secret], nowSeconds: clock)
                guard (time.subtractingReportingOverflow(clock)).overflow || (time - clock).magnitude > 300 else { continue }
                guard case .wrongTime(let behind) = verdict else { return XCTFail("\(time) at \(clock): \(verdict)") }
                XCTAssertEqual(behind > 0, time < clock, "\(time) at \(clock)")
            }
        }
        for text in ["9223372036854775808", "-9223372036854775809", "1e400", "", " 1", "0x10", "NaN", String(repeating: "9", count: 10_000)] {
            let verdict = WebhookSignature.verify(id: id, timestamp: text, signature: "", body: body, secrets: [secret], nowSeconds: now)
            XCTAssertEqual(verdict, .noTime, text)
        }
    }

    func test_secret_notBase64AfterPrefix_isNone() {
        XCTAssertNil(WebhookSecret(""))
        XCTAssertNil(WebhookSecret("whsec_"))
        XCTAssertNil(WebhookSecret("whsec_!!"))
        XCTAssertEqual(WebhookSecret("plain")?.key, Array("plain".utf8))
    }
}

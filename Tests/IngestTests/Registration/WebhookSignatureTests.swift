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
        func verify(id: String? = nil, timestamp: String? = nil, body: [UInt8]? = nil, secrets: [WebhookSecret]? = nil, now: Int64 = 1_614_265_331) -> Bool {
            WebhookSignature.verify(
                id: id ?? self.id, timestamp: timestamp ?? String(time), signature: signature, body: body ?? self.body,
                secrets: secrets ?? [secret], nowSeconds: now)
        }
        XCTAssertTrue(verify())
        XCTAssertTrue(verify(secrets: [other]), "either secret of a rotation signs")
        XCTAssertTrue(verify(now: time + 300))
        XCTAssertFalse(verify(now: time + 301))
        XCTAssertFalse(verify(now: time - 301))
        XCTAssertFalse(verify(id: "msg_other"))
        XCTAssertFalse(verify(timestamp: "\(time + 1)"))
        XCTAssertFalse(verify(timestamp: "now"))
        XCTAssertFalse(verify(body: body + [32]))
        XCTAssertFalse(verify(secrets: []))
        XCTAssertFalse(verify(timestamp: "-9223372036854775808", now: 9_223_372_036_854_775_807))
    }

    func test_secret_notBase64AfterPrefix_isNone() {
        XCTAssertNil(WebhookSecret(""))
        XCTAssertNil(WebhookSecret("whsec_"))
        XCTAssertNil(WebhookSecret("whsec_!!"))
        XCTAssertEqual(WebhookSecret("plain")?.key, Array("plain".utf8))
    }
}

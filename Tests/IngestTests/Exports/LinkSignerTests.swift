import Ingest
import XCTest

final class LinkSignerTests: XCTestCase {
    private let signer = LinkSigner(storeKey: Array("the store's".utf8))

    private func parts(_ query: String) -> (expires: String, signature: String) {
        let values = query.dropFirst().split(separator: "&").map { $0.split(separator: "=", maxSplits: 1)[1] }
        return (String(values[0]), String(values[1]))
    }

    func test_link_isGoodForItsPurposeAndSubject_untilItsEnd() {
        let (expires, signature) = parts(signer.query(.export, subject: "e_1", expiresAt: 1_000))
        func check(_ purpose: LinkSigner.Purpose = .export, _ subject: String = "e_1", _ expires: String? = nil, _ signature: String? = nil, now: Int64 = 999)
            -> LinkSigner.Verdict
        { signer.check(purpose, subject: subject, expires: expires ?? "1000", signature: signature ?? parts(signer.query(.export, subject: "e_1", expiresAt: 1_000)).signature, now: now) }
        XCTAssertEqual(expires, "1000")
        XCTAssertEqual(check(), .valid)
        XCTAssertEqual(check(now: 1_000), .expired(at: 1_000))
        XCTAssertEqual(check(.upload), .altered)
        XCTAssertEqual(check(.export, "e_2"), .altered)
        for other in ["1001", "+1000", "01000", "", "x", "99999999999999999999"] { XCTAssertEqual(check(.export, "e_1", other), .altered, other) }
        for place in signature.indices {
            var altered = Array(signature)
            let index = signature.distance(from: signature.startIndex, to: place)
            altered[index] = altered[index] == "0" ? "1" : "0"
            XCTAssertEqual(check(.export, "e_1", nil, String(altered)), .altered)
            // Altered is reported before expired: who never had the link learns nothing of it.
            XCTAssertEqual(check(.export, "e_1", nil, String(altered), now: 5_000), .altered)
        }
        XCTAssertEqual(signer.check(.export, subject: "e_1", expires: nil, signature: signature, now: 0), .altered)
        XCTAssertEqual(signer.check(.export, subject: "e_1", expires: expires, signature: nil, now: 0), .altered)
        XCTAssertEqual(LinkSigner(storeKey: [1]).check(.export, subject: "e_1", expires: expires, signature: signature, now: 0), .altered)
    }

    /// Two subjects never run into one another.
    func test_partsAreKeptApart() {
        let (expires, signature) = parts(signer.query(.export, subject: "a1", expiresAt: 23))
        XCTAssertEqual(signer.check(.export, subject: "a", expires: "123", signature: signature, now: 0), .altered)
        XCTAssertEqual(signer.check(.export, subject: "a1", expires: expires, signature: signature, now: 0), .valid)
    }
}

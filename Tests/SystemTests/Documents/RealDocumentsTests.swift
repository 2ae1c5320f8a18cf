import Foundation
import TestSupport
import XCTest

/// Goal: real documents of every built-in format go in over HTTP, come back byte for byte, and answer queries alike in hot and in cold.
/// Method: post every shared sample, each for a client of its own (samples share numbers), and hold the answers to the golden tables.
final class RealDocumentsTests: XCTestCase {
    private struct Kept {
        let client: String
        let receiptID: String
        let body: [UInt8]
    }

    private static let queries = [
        "SELECT * FROM receipts ORDER BY client_id, business_day, receipt_id",
        "SELECT type, currency, count(*), sum(total), sum(tax_total), sum(list_sum(lines.amount)) FROM receipts_accepted GROUP BY type, currency ORDER BY type, currency",
        "SELECT l.category, l.vat_rate, count(*), sum(l.amount) FROM receipts r, UNNEST(r.lines) AS l GROUP BY l.category, l.vat_rate ORDER BY l.category, l.vat_rate",
        "SELECT document_kind, is_refund, count(*) FROM receipts WHERE is_refund GROUP BY document_kind, is_refund ORDER BY document_kind",
    ]

    func test_everySample_goesInComesBackAndAnswersAlikeHotAndCold() throws {
        guard Project.hasShared else {
            if Project.isCI { XCTFail("the sample documents are missing") }
            throw XCTSkip("the sample documents are missing: \(Project.shared.path)/samples")
        }
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        let tables = try FileManager.default.contentsOfDirectory(
            at: Project.root.appendingPathComponent("Tests/Golden/types"), includingPropertiesForKeys: nil)
        var kept: [Kept] = []
        for table in tables.filter({ $0.pathExtension == "json" }).sorted(by: { $0.path < $1.path }) { kept += try post(table, admin) }
        XCTAssertGreaterThan(kept.count, 150)

        try expectExactBytes(kept, admin)
        let hot = try Self.queries.map { try rows($0, admin) }
        let compaction = try admin.post("/v1/admin/compact", "{}")
        XCTAssertEqual(compaction.status, 200, compaction.text)
        let summary = try JSONSerialization.jsonObject(with: Data(compaction.body)) as? [String: Any]
        XCTAssertEqual(summary?["files_moved"] as? Int, 1, compaction.text)
        for (query, before) in zip(Self.queries, hot) { XCTAssertEqual(try rows(query, admin), before, query) }
        try expectExactBytes(kept, admin)
    }

    /// Posts a format's samples; what was taken as one document comes back.
    private func post(_ table: URL, _ admin: HTTPClient) throws -> [Kept] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: table)) as? [String: Any]
        let format = try XCTUnwrap(object?["format"] as? String)
        let all = try XCTUnwrap(object?["all"] as? [String: Any])
        var kept: [Kept] = []
        for (index, name) in all.keys.sorted().enumerated() {
            let client = "\(format.replacingOccurrences(of: "_", with: "-"))-\(index)"
            XCTAssertEqual(try admin.put("/v1/contracts/\(client)", #"{"access":"read-write","scope":"own"}"#).status, 201)
            let body = Array(try Data(contentsOf: Project.shared.appendingPathComponent("samples/\(format)/\(name)")))
            let type = name.hasSuffix(".xml") ? "application/xml" : "application/json"
            let answer = try admin.call("POST", "/v1/receipts?client=\(client)", headers: [("Content-Type", type)], body: body)
            let told = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
            if let refusal = all[name] as? [String: Any], let code = refusal["refused"] as? String {
                XCTAssertEqual(answer.status, 422, "\(format)/\(name): \(answer.text)")
                let codes = (told["errors"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String } + [told["type"] as? String ?? ""]
                XCTAssertTrue(codes.contains(code) || codes.contains("/problems/\(code)"), "\(format)/\(name): \(answer.text)")
                continue
            }
            XCTAssertTrue([200, 201].contains(answer.status), "\(format)/\(name): \(answer.text)")
            if let receiptID = told["receipt_id"] as? String { kept.append(Kept(client: client, receiptID: receiptID, body: body)) }
        }
        return kept
    }

    private func expectExactBytes(_ kept: [Kept], _ admin: HTTPClient) throws {
        for receipt in kept {
            let id = receipt.receiptID.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let answer = try admin.get("/v1/receipts/\(id)?client=\(receipt.client)&raw=1")
            XCTAssertEqual(answer.status, 200, "\(receipt.client) \(receipt.receiptID)")
            XCTAssertTrue(answer.body == receipt.body, "\(receipt.client) \(receipt.receiptID) has come back as other bytes")
        }
    }

    private func rows(_ query: String, _ admin: HTTPClient) throws -> NSArray {
        let body = try JSONSerialization.data(withJSONObject: ["query": query])
        let answer = try admin.post("/v1/sql", String(decoding: body, as: UTF8.self))
        XCTAssertEqual(answer.status, 200, answer.text)
        let told = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        let rows = try XCTUnwrap(told?["rows"] as? NSArray, query)
        XCTAssertGreaterThan(rows.count, 0, query)
        return rows
    }
}

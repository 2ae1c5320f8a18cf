import Foundation
import TestSupport
import XCTest

/// Goal: what clients use is counted, each receipt once, and a crash loses none of those. Method: the real binary, killed at any instant, moved to cold and
/// asked again.
final class UsageTests: XCTestCase {
    private func usage(_ client: HTTPClient, _ id: String, _ query: String = "") throws -> [[String: Any]] {
        let answer = try client.get("/v1/contracts/\(id)/usage\(query)")
        XCTAssertEqual(answer.status, 200, answer.text)
        return try XCTUnwrap((try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["usage"] as? [[String: Any]])
    }

    private func total(_ spans: [[String: Any]], _ member: String) -> Int { spans.reduce(0) { $0 + ($1[member] as? Int ?? 0) } }

    func test_receiptsAndBytes_areCountedOnce_hotAndCold_andAfterACrash() throws {
        var server = try TillServer()
        let data = server.data
        defer { server.remove() }
        let key = try server.key("shop")
        var bytes = 0
        for round in 0..<3 {
            let shop = server.client(key: key)
            for number in 0..<20 {
                let document = Receipts.pos("R-\(round)-\(number)", total: "1.00", name: "bread")
                for status in [201, 200] { XCTAssertEqual(try shop.post("/v1/receipts", document).status, status) }
                bytes += document.utf8.count
                // For another client by the administrator.
                if number == 0 { XCTAssertNotEqual(try server.client().post("/v1/receipts?client=other\(round)", document).status, 500) }
            }
            XCTAssertEqual(try shop.post("/v1/receipts", #"{"schema":"x"}"#).status, 422)
            XCTAssertEqual(total(try usage(shop, "shop"), "receipts"), 20 * (round + 1))
            XCTAssertEqual(total(try usage(shop, "shop"), "bytes"), bytes)
            if round == 1 { XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200) }
            XCTAssertEqual(total(try usage(shop, "shop"), "receipts"), 20 * (round + 1))
            server.kill()
            server = try TillServer(data: data)
        }
        let spans = try usage(server.client(), "shop")
        XCTAssertEqual(total(spans, "receipts"), 60)
        XCTAssertEqual(total(spans, "bytes"), bytes)
        try FileManager.default.removeItem(at: data)
    }

    func test_callsAndQueries_areCounted_andOutliveARestart() throws {
        let server = try TillServer()
        defer { server.remove() }
        let key = try server.key("shop"), other = try server.key("other", access: "read", scope: "all")
        let shop = server.client(key: key)
        for number in 0..<5 { XCTAssertEqual(try shop.post("/v1/receipts", Receipts.pos("R-\(number)", total: "1.00", name: "bread")).status, 201) }
        for _ in 0..<3 { XCTAssertEqual(try shop.post("/v1/sql", #"{"query":"SELECT count(*), sum(total) FROM receipts"}"#).status, 200) }
        let begun = try shop.post("/v1/exports", #"{"query":"SELECT * FROM receipts","format":"csv"}"#)
        var export = ""
        try Patience.until {
            export = try shop.get("/v1/exports/\(Receipts.member("export_id", of: begun.text) ?? "")").text
            return Receipts.member("state", of: export) == "DONE"
        }
        let before = try usage(shop, "shop")
        XCTAssertEqual(before.count, 1)
        XCTAssertGreaterThanOrEqual(total(before, "calls"), 11)
        XCTAssertGreaterThanOrEqual(total(before, "queries"), 3)
        XCTAssertGreaterThanOrEqual(total(before, "rows_scanned"), 15)
        XCTAssertEqual("\(total(before, "exports_bytes"))", Receipts.member("bytes", of: export))
        XCTAssertEqual(server.stop(), 0)
        let again = try TillServer(data: server.data)
        defer { again.kill() }
        let after = try usage(again.client(), "shop")
        XCTAssertEqual(total(after, "calls"), total(before, "calls"))
        XCTAssertEqual(total(after, "queries"), total(before, "queries"))
        let day = try XCTUnwrap(after[0]["from"] as? String)
        let months = try usage(again.client(), "shop", "?by=month")
        XCTAssertEqual(months.map { $0["from"] as? String }, [day.prefix(8) + "01"])
        XCTAssertEqual(total(months, "receipts"), 5)
        XCTAssertEqual(try usage(again.client(), "shop", "?from=\(day)").count, 1)
        XCTAssertEqual(try usage(again.client(), "shop", "?to=\(day)").count, 0)
        let backwards = try again.client().get("/v1/contracts/shop/usage?from=2026-03-01&to=2020-01-01")
        XCTAssertEqual(backwards.status, 400, backwards.text)
        XCTAssertTrue(backwards.text.contains("a day before `from`"), backwards.text)
        // Nobody sees another's, whatever rows it may read.
        let refused = try again.client(key: other).get("/v1/contracts/shop/usage")
        XCTAssertEqual(refused.status, 403, refused.text)
        XCTAssertEqual(try again.client(key: key).get("/v1/contracts/shop/usage").status, 200)
        XCTAssertEqual(try again.client().get("/v1/contracts/nobody/usage").status, 404)
        XCTAssertEqual(try again.client().get("/v1/contracts/shop/usage?by=year").status, 400)
    }

    func test_figuresInSQL_stayWhenTheContractGoes() throws {
        let server = try TillServer()
        defer { server.remove() }
        let shop = server.client(key: try server.key("shop"))
        XCTAssertEqual(try shop.post("/v1/receipts", Receipts.pos("R-1", total: "1.00", name: "bread")).status, 201)
        XCTAssertEqual(try server.client().delete("/v1/contracts/shop").status, 204)
        let answer = try server.client().post("/v1/sql", #"{"query":"SELECT receipts FROM till.usage WHERE client_id = 'shop'"}"#)
        XCTAssertTrue(answer.text.contains(#""rows":[[1]]"#), answer.text)
        XCTAssertEqual(total(try usage(server.client(), "shop"), "receipts"), 1)
    }
}

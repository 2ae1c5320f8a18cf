import Foundation
import TestSupport
import XCTest

/// A server, and what tests of uploads ask of it.
class UploadFixture: XCTestCase {
    var server: TillServer?
    func running() throws -> TillServer { try XCTUnwrap(server) }

    override func setUpWithError() throws { server = try TillServer() }
    override func tearDown() { server?.remove() }

    func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any], String(decoding: bytes, as: UTF8.self))
    }

    func announce(_ client: HTTPClient, _ body: String) throws -> (id: String, path: String) {
        let answer = try client.post("/v1/uploads", body)
        XCTAssertEqual(answer.status, 201, answer.text)
        let upload = try object(answer.body)
        let url = try XCTUnwrap(upload["url"] as? String)
        XCTAssertEqual(upload["state"] as? String, "NEW")
        return (try XCTUnwrap(upload["upload_id"] as? String), String(url.dropFirst(try running().url.count)))
    }

    func put(_ path: String, _ file: [UInt8], _ headers: [(String, String)] = []) throws -> HTTPClient.Answer {
        try running().client(key: nil).call("PUT", path, headers: headers, body: file)
    }

    func ended(_ id: String, _ client: HTTPClient) throws -> [String: Any] {
        let ended = try Patience.value {
            let upload = try object(try client.get("/v1/uploads/\(id)").body)
            return ["NEW", "PROCESSING"].contains(upload["state"] as? String ?? "") ? nil : upload
        }
        return try XCTUnwrap(ended, "the upload does not end")
    }

    /// Announces, puts, waits.
    func upload(_ file: String, _ client: HTTPClient, name: String = "a.csv", type: String? = nil, headers: [(String, String)] = []) throws -> [String: Any] {
        let (id, path) = try announce(client, #"{"name":"\#(name)","type":\#(type.map { "\"\($0)\"" } ?? "null")}"#)
        let answer = try put(path, Array(file.utf8), headers)
        XCTAssertEqual(answer.status, 201, answer.text)
        return try ended(id, client)
    }

    /// records, processed, accepted, replaced, repeated, rejected
    func counts(_ upload: [String: Any]) -> [Int] { ["records", "processed", "accepted", "replaced", "repeated", "rejected"].map { upload[$0] as? Int ?? -1 } }

    func errors(_ upload: [String: Any], _ client: HTTPClient) throws -> [[String: Any]] {
        try XCTUnwrap(try object(try client.get("/v1/uploads/\(upload["upload_id"] as? String ?? "")/errors").body)["errors"] as? [[String: Any]])
    }

    func rows(_ query: String, _ client: HTTPClient) throws -> String {
        let answer = try client.post("/v1/sql", #"{"query":"\#(query)"}"#).text
        guard let start = answer.range(of: #""rows":"#), let end = answer.range(of: #","next_cursor""#) else { return answer }
        return String(answer[start.upperBound..<end.lowerBound])
    }

    static func lines(_ numbers: ClosedRange<Int>) -> String { numbers.map { Receipts.pos("R-\($0)") + "\n" }.joined() }

    static let member = """
        {"name":"member","version":1,"table":"members","format":"csv","on_repeat":"replace","receipt_id":"id",
         "columns":{"name":{"path":"name","type":"VARCHAR","required":true},"age":{"path":"age","type":"INTEGER"}},
         "rules":[{"name":"grown","check":"age > 17","message":"members are of age"}]}
        """
}

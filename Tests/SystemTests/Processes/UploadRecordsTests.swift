import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: a Map goes over the records of an upload, each once and in order, in every form of file, also through kills; nobody goes over another's. Method: the real server.
final class UploadRecordsTests: UploadFixture {
    private let machine = """
        {"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"till:upload","Parameters":{"upload_id.$":"$.id"}},"ItemBatcher":{"MaxItemsPerBatch":500},"MaxConcurrency":1,
        "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.Items[0].wait","Next":"I"},"I":{"Type":"Pass",
        "Parameters":{"first.$":"$.Items[0].n","count.$":"States.ArrayLength($.Items)"},"End":true}}},"End":true}}}
        """
    private let plain = """
        {"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"till:upload","Parameters":{"upload_id.$":"$.id"}},
        "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}}
        """

    private func start(_ client: HTTPClient, _ process: String, _ id: String) throws -> String {
        let answer = try client.post("/v1/processes/\(process)/executions", #"{"input":{"id":"\#(id)"}}"#)
        XCTAssertEqual(answer.status, 201, answer.text)
        return try XCTUnwrap(try object(answer.body)["execution_id"] as? String)
    }

    private func end(_ client: HTTPClient, _ id: String) throws -> JSONValue {
        let ended = try Patience.value {
            let execution = try JSONParser.parse(try client.get("/v1/executions/\(id)").body)
            return execution["state"]?.text != "RUNNING" ? execution : nil
        }
        return try XCTUnwrap(ended, "\(id) is stuck")
    }

    private func putType(_ client: HTTPClient, _ format: String) throws {
        let path = format == "csv" ? "" : "/"
        let answer = try client.put(
            "/v1/types/\(format)-row", """
            {"name":"\(format)-row","version":1,"format":"\(format)","table":"\(format)_rows","on_repeat":"replace","receipt_id":"\(path)n","columns":{"n":{"path":"\(path)n","type":"VARCHAR"},"wait":{"path":"\(path)wait","type":"VARCHAR"}}}
            """)
        XCTAssertEqual(answer.status, 201, answer.text)
    }

    func test_forms_giveTheirRecords_andAnothersAreRefused() throws {
        let server = try running()
        let admin = server.client()
        for (name, text) in [("plain", plain)] { XCTAssertEqual(try admin.put("/v1/processes/\(name)", text).status, 201) }
        try putType(admin, "csv")
        try putType(admin, "json")
        let own = server.client(key: try server.key("own", more: #","uses":{"processes":["plain"]}"#))
        let other = server.client(key: try server.key("other", more: #","uses":{"processes":["plain"]}"#))
        let csv = try upload("n,wait\n1,\n2,\"a,b\"\n3\n", own, type: "csv-row")
        let lines = try upload("{\"n\":\"x\",\"more\":[1]}\nnone\n{\"n\":\"y\"}\n", own, name: "a.ndjson", type: "json-row")
        for (upload, wanted) in [(csv, #"[{"n":"1"},{"n":"2","wait":"a,b"}]"#), (lines, #"[{"n":"x","more":[1]},{"n":"y"}]"#)] {
            let id = try XCTUnwrap(upload["upload_id"] as? String)
            let execution = try end(own, try start(own, "plain", id))
            XCTAssertEqual(execution["output"].map { String(decoding: $0.serialized, as: UTF8.self) }, wanted, "\(execution)")
            let refused = try end(other, try start(other, "plain", id))
            XCTAssertEqual(refused["error"]?.text, "States.ItemReaderFailed")
            XCTAssertTrue(refused["cause"]?.text?.contains("there is no upload of this id") ?? false, "\(refused)")
        }
        let (new, _) = try announce(own, #"{"name":"b.csv","type":"csv-row"}"#)
        XCTAssertEqual(try end(own, try start(own, "plain", new))["error"]?.text, "States.ItemReaderFailed")
    }

    func test_kill_amidTheRecords_goesOnWhereItWas() throws {
        let server = try running()
        var admin = server.client()
        XCTAssertEqual(try admin.put("/v1/processes/m", machine).status, 201)
        try putType(admin, "json")
        let file = (0..<6_000).map { "{\"n\":\"\($0)\",\"wait\":0}\n" }.joined()
        let id = try XCTUnwrap(try upload(file, admin, name: "a.ndjson", type: "json-row")["upload_id"] as? String)
        let execution = try start(admin, "m", id)
        for _ in 0..<3 {
            usleep(UInt32.random(in: 20_000...200_000))
            server.kill()
            try server.start()
            admin = server.client()
        }
        let output = try end(admin, execution)["output"]?.array ?? []
        XCTAssertEqual(output.map { $0["first"]?.text ?? "" }, stride(from: 0, to: 6_000, by: 500).map { String($0) })
        XCTAssertEqual(output.map { $0["count"]?.integer ?? 0 }, Array(repeating: 500, count: 12))
    }
}

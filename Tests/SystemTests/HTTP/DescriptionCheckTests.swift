import Foundation
import TestSupport
import XCTest

/// Goal: the check that every test's answers go through sees drift. Method: a description made here, and answers that differ from it in one
/// thing each.
final class DescriptionCheckTests: XCTestCase {
    private static let description = #"""
        {"paths":{"/v1/things":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Things"}}}},"204":{}}}},
        "/v1/things/{id}":{"get":{"responses":{"404":{"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Things"}}}}}}},
        "/v1/things/all":{"delete":{"responses":{"204":{}}}}},
        "components":{"schemas":{"Things":{"type":"object","required":["things","next"],"additionalProperties":false,"properties":{
        "things":{"type":"array","maxItems":2,"items":{"type":"object","required":["id"],"properties":{"id":{"type":"integer","minimum":1},"day":{"type":"string","format":"date"},
        "is":{"type":"boolean"},"of":{"enum":["a","b",null]}}}},"next":{"type":["string","null"],"minLength":1}}}}}}
        """#

    private func fault(_ body: String, _ path: String = "/v1/things", status: Int = 200, type: String = "application/json", _ method: String = "GET") throws -> String? {
        var answer = HTTPClient.Answer()
        (answer.status, answer.headers, answer.body) = (status, ["content-type": type], Array(body.utf8))
        do {
            try DescriptionCheck(Data(Self.description.utf8)).check(method, path, answer)
            return nil
        } catch let fault as DescriptionCheck.Fault { return fault.description }
    }

    func test_answersAsDescribed_pass() throws {
        for body in [
            #"{"things":[],"next":null}"#, #"{"things":[{"id":1,"day":"2026-11-20","is":true,"of":null,"more":[]},{"id":2.0,"of":"b"}],"next":"x"}"#,
        ] { XCTAssertNil(try fault(body), body) }
        XCTAssertNil(try fault(#"{"things":[],"next":null}"#, "/v1/things/7?x=1", status: 404, type: "application/problem+json"))
        XCTAssertNil(try fault("", status: 204))
        XCTAssertNil(try fault("whatever", "/elsewhere", status: 500), "no call of the description's")
        XCTAssertNil(try fault("", "/v1/things/all", status: 204, "DELETE"))
    }

    func test_whatDiffers_isNamed() throws {
        for (body, says) in [
            (#"{"things":[]}"#, "/next is missing"), (#"{"things":[],"next":null,"more":1}"#, "/more: nothing may stand here"), (#"{"things":{},"next":null}"#, "is no array"),
            (#"{"things":[{"id":0}],"next":null}"#, "past minimum"), (#"{"things":[{"id":1.5}],"next":null}"#, "/things/0/id: 1.5 is no integer"),
            (#"{"things":[{"id":true}],"next":null}"#, "is no integer"), (#"{"things":[{"id":1,"is":1}],"next":null}"#, "is no boolean"),
            (#"{"things":[{"id":1,"day":"20.11.2026"}],"next":null}"#, "is no date"), (#"{"things":[{"id":1,"of":"c"}],"next":null}"#, "is none of"),
            (#"{"things":[{"id":1},{"id":1},{"id":1}],"next":null}"#, "too many items"), (#"{"things":[],"next":""}"#, "is too short"), ("{", "that is no JSON"),
        ] {
            let found = try fault(body)
            XCTAssertTrue(found?.contains(says) ?? false, "\(body): \(found ?? "passes")")
        }
        XCTAssertTrue(try fault("{}", status: 418)?.contains("not described") ?? false)
        XCTAssertTrue(try fault("a,b", type: "text/csv")?.contains("with text/csv; described are application/json") ?? false)
        XCTAssertTrue(try fault("{}", status: 204)?.contains("where none is described") ?? false)
    }
}

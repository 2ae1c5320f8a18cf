import ColumnStore
import Server
import TestSupport
import XCTest

/// Goal: a client can be generated from the description. Method: walk it for what generators stumble over; that one really posts,
/// `SystemTests/HTTP/GeneratedClientTests` shows.
final class OpenAPITests: XCTestCase {
    private let document = try? JSONParser.parse(OpenAPI.document(APIRoutes.all))

    private func walk(_ value: JSONValue, _ path: String, _ body: (String, [JSONValue.Member]) -> Void) {
        switch value {
        case .object(let members):
            body(path, members)
            for member in members { walk(member.value, "\(path)/\(member.name)", body) }
        case .array(let elements): for (index, element) in elements.enumerated() { walk(element, "\(path)/\(index)", body) }
        default: break
        }
    }

    func test_everyArray_saysOfWhat_andEveryReferenceLeadsSomewhere() throws {
        let document = try XCTUnwrap(document)
        var referenceCount = 0
        walk(document, "") { path, members in
            func member(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }
            let type = member("type")
            let isArray = type?.text == "array" || { if case .array(let names)? = type { names.contains { $0.text == "array" } } else { false } }()
            if isArray { XCTAssertNotNil(member("items"), "\(path) is an array of nothing said") }
            if let reference = member("$ref")?.text {
                referenceCount += 1
                let target = reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] ?? .null }
                XCTAssertNotEqual(target, .null, "\(path): \(reference)")
            }
        }
        XCTAssertGreaterThan(referenceCount, 30)
    }

    func test_problems_haveTheRequestsID() throws {
        let problem = try XCTUnwrap(try XCTUnwrap(document)["components"]?["schemas"]?["Problem"])
        XCTAssertEqual(problem["properties"]?["request_id"]?["type"]?.text, "string")
        let answer = try TestServer().client().get("/v1/nowhere")
        XCTAssertEqual(try JSONParser.parse(answer.body)["request_id"]?.text, answer.headers["x-request-id"])
    }

    func test_outgoingCalls_areDescribed() throws {
        let webhooks = try XCTUnwrap(try XCTUnwrap(document)["webhooks"])
        XCTAssertEqual(webhooks["registrar"]?["post"]?["operationId"]?.text, "registrarCall")
        XCTAssertEqual(webhooks["registrarStatus"]?["get"]?["operationId"]?.text, "registrarStatus")
        XCTAssertEqual(webhooks["receiptEvent"]?["post"]?["operationId"]?.text, "receiptEvent")
        // Each with its headers, its body and its answers.
        XCTAssertEqual(
            webhooks.members?.map(\.name).sorted(), ["digest", "receiptEvent", "registrar", "registrarStatus", "task", "taskStatus", "topicEvent", "uploadEvent"])
        for hook in webhooks.members ?? [] {
            let operation = try XCTUnwrap(hook.value["post"] ?? hook.value["get"])
            let headers = operation["parameters"]?.array?.filter { $0["in"]?.text == "header" }.compactMap { $0["name"]?.text } ?? []
            XCTAssertTrue(Set(headers).isSuperset(of: ["webhook-id", "webhook-timestamp", "webhook-signature"]), hook.name)
            XCTAssertEqual(operation["requestBody"] == nil, hook.value["post"] == nil, hook.name)
            XCTAssertGreaterThan(operation["responses"]?.members?.count ?? 0, 2, hook.name)
        }
        XCTAssertNotNil(webhooks["topicEvent"]?["post"]?["requestBody"]?["content"]?["application/cloudevents+json"])
    }

    func test_whatIsTaken_isDescribed() throws {
        let document = try XCTUnwrap(document)
        let query = document["components"]?["schemas"]?["Query"]?["properties"]
        for name in ["limit", "params", "cursor", "time_zone", "query_id", "rollups"] {
            XCTAssertTrue(query?[name]?["type"]?.array?.contains { $0.text == "null" } ?? false, "null is taken for \(name)")
        }
        func parameter(_ path: String, _ name: String) -> JSONValue? {
            document["paths"]?[path]?["get"]?["parameters"]?.array?.first { $0["name"]?.text == name }?["schema"]
        }
        XCTAssertTrue(parameter("/v1/receipts/{receipt_id}", "raw")?["enum"]?.array?.contains { $0.text == "" } ?? false, "?raw= means 1")
        XCTAssertNil(parameter("/v1/receipts", "Till-Read")?["enum"], "other values count as none")
        XCTAssertEqual(document["components"]?["schemas"]?["Contract"]?["properties"]?["rate_per_second"]?["maximum"]?.integer, 1_000_000)
        func headers(_ path: String, _ method: String, _ status: String) -> [String] {
            document["paths"]?[path]?[method]?["responses"]?[status]?["headers"]?.members?.map(\.name) ?? []
        }
        XCTAssertTrue(headers("/v1/receipts", "post", "201").contains("Location"))
        XCTAssertTrue(headers("/v1/exports", "post", "202").contains("Location"))
        XCTAssertTrue(headers("/v1/receipts", "get", "200").contains("Link"))
        XCTAssertTrue(headers("/v1/receipts", "get", "413").contains("Link"))
        XCTAssertFalse(headers("/v1/changes", "get", "200").contains("Link"))
    }

    /// An export of receipts is asked for by the parameters of a page, but for those that cut it into pages or say its form.
    func test_exportsOfReceipts_takeTheParametersOfAPage() throws {
        let document = try XCTUnwrap(document)
        let parameters = document["paths"]?["/v1/receipts"]?["get"]?["parameters"]?.array ?? []
        let names = Set(parameters.filter { $0["in"]?.text == "query" }.compactMap { $0["name"]?.text }).subtracting(["limit", "cursor", "compression"])
        let taken = document["components"]?["schemas"]?["ExportRequest"]?["properties"]?["receipts"]?["properties"]?.members?.map(\.name) ?? []
        XCTAssertEqual(Set(taken), names)
    }

    func test_everyCall_saysForWhichRoles() throws {
        let document = try XCTUnwrap(document)
        for route in APIRoutes.all {
            let operation = document["paths"]?[route.path]?[route.method.rawValue.lowercased()]
            guard case .array(let security)? = operation?["security"] else { XCTFail("\(route.path) says nothing of who may"); continue }
            XCTAssertEqual(security.count, route.access.roles.count, route.path)
        }
    }
}

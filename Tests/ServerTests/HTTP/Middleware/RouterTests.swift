import Documents
import Server
import TestSupport
import XCTest

/// Goal: the more literal path is found whatever the table's order, values have their names, and a tail never leads elsewhere than it says.
/// Method: small tables, each target in both orders of the table.
final class RouterTests: XCTestCase {
    private static func route(_ method: HTTPMethod, _ path: String) -> Route {
        Route(method, path, access: .open, operation: .undocumented(path)) { _ in .noContent }
    }

    private let table: [(HTTPMethod, String)] = [
        (.get, "/v1/{table}/{id}"), (.get, "/v1/receipts/{receipt_id}"), (.put, "/v1/receipts/{id}"), (.get, "/v1/receipts/latest"),
        (.get, "/"), (.get, "/console/{path…}"), (.get, "/console/api/{rest…}"), (.put, "/console/{path…}"),
    ]

    /// `METHOD path?name=value`, or the slug or methods of the refusal.
    private func match(_ router: Router, _ method: HTTPMethod, _ target: String) -> String {
        do {
            let match = try router.match(method, RequestTarget(Array(target.utf8)))
            return ([router.routes[match.routeIndex].path] + match.values.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
        } catch let refusal as Refusal {
            return refusal.headers.map(\.value).joined()
        } catch let options as Router.Options {
            return "options " + options.allow.value
        } catch {
            return ProblemMapping.problem(for: error).slug.rawValue
        }
    }

    /// A path with HEAD and OPTIONS of its own, as that of an upload's file, says each method once.
    func test_allow_saysEachMethodOnce() {
        let methods: [HTTPMethod] = [.head, .get, .options, .patch]
        let router = Router(methods.map { Self.route($0, "/f") })
        XCTAssertEqual(match(router, .delete, "/f"), "HEAD, GET, OPTIONS, PATCH")
        XCTAssertEqual(match(router, .options, "/f"), "/f", "its own call")
        let plain = Router(methods.prefix(2).map { Self.route($0, "/f") })
        XCTAssertEqual(match(plain, .options, "/f"), "options HEAD, GET, OPTIONS")
    }

    func test_match_everyTarget_inEitherOrderOfTheTable() {
        let targets: [(HTTPMethod, String, String)] = [
            (.get, "/v1/receipts/latest", "/v1/receipts/latest"),
            (.get, "/v1/receipts/a%2Fb", "/v1/receipts/{receipt_id} receipt_id=a/b"),
            (.put, "/v1/receipts/7", "/v1/receipts/{id} id=7"),
            (.get, "/v1/others/7", "/v1/{table}/{id} table=others id=7"),
            (.head, "/v1/others/7", "/v1/{table}/{id} table=others id=7"),
            (.delete, "/v1/others/7", "GET, HEAD, OPTIONS"),
            // The more literal path has its own methods alone.
            (.put, "/v1/receipts/latest", "GET, HEAD, OPTIONS"),
            (.get, "/v1/receipts/", "not-found"),
            (.get, "/", "/"),
            (.get, "/console", "not-found"),
            (.get, "/console/", "/console/{path…} path="),
            (.get, "/console/a/b.js", "/console/{path…} path=a/b.js"),
            (.get, "/console/%C3%A4/", "/console/{path…} path=ä/"),
            (.get, "/console/api/x", "/console/api/{rest…} rest=x"),
            (.put, "/console/a", "/console/{path…} path=a"),
            (.options, "/console/a", "options GET, HEAD, PUT, OPTIONS"),
            (.get, "/console/../etc/passwd", "not-found"), (.get, "/console/%2e%2E/etc", "not-found"), (.get, "/console/.", "not-found"),
            (.get, "/console/a%2Fb", "not-found"), (.get, "/console/a%5Cb", "not-found"), (.get, "/console/a//b", "not-found"),
            (.get, "/console/a%00", "bad-parameter"), (.get, "/console/%ff", "bad-parameter"),
        ]
        for routes in [table, table.reversed()] {
            let router = Router(routes.map { Self.route($0.0, $0.1) })
            for (method, target, expected) in targets {
                let found = match(router, method, target)
                let methods = { (text: String) in Set(text.split(whereSeparator: { $0 == "," || $0 == " " })) }
                if expected.hasSuffix("OPTIONS") { XCTAssertEqual(methods(found), methods(expected), target) } else { XCTAssertEqual(found, expected, target) }
            }
        }
    }

    func test_everyNameOfAPath_isDescribed_andTheOtherWayRound() {
        for route in APIRoutes.all where route.operation.isDocumented {
            let names = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
            XCTAssertEqual(route.operation.parameters.filter { $0.place == .path }.map(\.name), names, route.path)
        }
    }

    func test_undocumentedRoutes_areServed_takeAnyParameter_andAreNotDescribed() throws {
        let server = try TestServer(extraRoutes: [
            Route(.get, "/console/{path…}", access: .open, operation: .undocumented("console")) { call in
                Response(status: 200, contentType: "text/plain", bytes: Array("\(call.path("path")) \(call.parameter("v") ?? "-")".utf8))
            }
        ])
        XCTAssertEqual(try server.client(key: nil).get("/console/a/b.css?v=3").text, "a/b.css 3")
        XCTAssertEqual(try server.client(key: nil).get("/console/../v1/contracts").status, 404)
        let routes = APIRoutes.all + [Self.route(.get, "/console/{path…}")]
        XCTAssertEqual(OpenAPI.document(routes), OpenAPI.document(APIRoutes.all))
    }
}

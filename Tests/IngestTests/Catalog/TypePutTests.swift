import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what a type file says in vain is told to whoever puts it; a file that was put before that was a fault stays in force.
final class TypePutTests: XCTestCase {
    private static func type(_ member: String, _ value: String) -> String {
        let others = ["receipt_id": #""/id""#, "issued_at": #""/at""#].filter { $0.key != member }.map { #","\#($0.key)":\#($0.value)"# }.sorted().joined()
        return #"{"name":"idle","version":1,"format":"json","time_zone":"UTC"\#(others),"\#(member)":\#(value)}"#
    }

    func test_put_optionalBesideFrom_isRefusedWithItsPlace() throws {
        let fixture = try EngineFixture(TemporaryDirectory().path)
        defer { try? fixture.engine.close() }
        for member in ["receipt_id", "issued_at", "business_day", "client_id", "callback_url"] {
            for optional in ["true", "false"] {
                let json = Self.type(member, #"{"from":["/a","/b"],"optional":\#(optional)}"#)
                XCTAssertThrowsError(try fixture.engine.putType(name: "idle", body: Array(json.utf8)), json) { error in
                    let fault = error as? Fault
                    XCTAssertEqual(fault?.code, .invalidType, "\(error)")
                    XCTAssertEqual(fault?.errors.map(\.pointer), ["/\(member)/optional"], "\(error)")
                }
                // As a catalog of an earlier version may have it.
                XCTAssertNoThrow(try DocumentType(json: Array(json.utf8)), json)
            }
        }
        let whole = Self.type("issued_at", #"{"from":["/a",["/day",{"path":"/time","optional":true}]]}"#)
        XCTAssertEqual(try fixture.engine.putType(name: "idle", body: Array(whole.utf8)), .created)
    }
}

import Cluster
import ColumnStore
import XCTest

@testable import Server

/// Goal: `/readyz` of a member says of it what load balancers and operators go by, in the words that they were promised. Method: each role that a node may have.
final class PlainAnswersTests: XCTestCase {
    private func role(_ standing: NodeHost.Standing, isOpen: Bool = true) throws -> String? {
        let answer = PlainJSON.ready(
            standing, node: "a", isOpen: isOpen, leaderURL: nil, days: StandbyDays.Report(), checkpoint: (StoreCheckpoint.Report(), 0, 0), archive: nil, warehouse: nil, refusals: [], faults: [])
        guard case .bytes(let bytes) = answer.body else { return nil }
        return try JSONParser.parse(bytes)["role"]?.text
    }

    func test_role_isOneOfFour_whateverANodeCallsItself() throws {
        for (role, said) in [(Node.Role.leader, "leader"), (.standby, "standby"), (.rejoining, "standby"), (.candidate, "candidate"), (.fenced, "fenced")] {
            var standing = NodeHost.Standing()
            (standing.role, standing.isServing) = (role, true)
            XCTAssertEqual(try self.role(standing), said, "\(role)")
            standing.ending = "another leads"
            XCTAssertEqual(try self.role(standing), "fenced", "\(role)")
        }
        // Who leads and does not serve yet is about to.
        var standing = NodeHost.Standing()
        standing.role = .leader
        XCTAssertEqual(try role(standing), "candidate")
        standing.isServing = true
        XCTAssertEqual(try role(standing, isOpen: false), "candidate")
        XCTAssertEqual(try role(NodeHost.Standing()), "standby", "just started")
    }
}

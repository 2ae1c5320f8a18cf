import XCTest

@testable import Server

/// Goal: whoever changes a pair is in the audit trail, whether or not the call came to anything. Method: the table of routes.
final class ClusterRoutesTests: XCTestCase {
    func test_callsThatChangeAPair_areAudited() {
        XCTAssertEqual(ClusterRoutes.all.filter(\.isAudited).map(\.operation.id), ["transferLead", "foundCluster", "removeNode", "joinNode"])
    }
}

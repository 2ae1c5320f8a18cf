import XCTest

@testable import Server

/// Goal: what a connection that held much leaves in the C library's heaps goes back to the system once it is over, whatever it held. Method: charges without a door.
final class ConnectionChargeTests: XCTestCase {
    /// How often memory was given back by the end of a connection that was used so.
    private func givenBack(_ use: (ConnectionCharge) throws -> Void) throws -> Int {
        var count = 0
        var charges: ConnectionCharge? = ConnectionCharge { count += 1 }
        try charges.map(use)
        XCTAssertEqual(count, 0, "while the connection lasts")
        XCTAssertNotNil(charges)
        charges = nil
        return count
    }

    func test_end_givesBack_whereMuchWasHeld() throws {
        XCTAssertEqual(try givenBack { try $0.hold(session: 1 << 20) }, 0)
        XCTAssertEqual(try givenBack { try $0.hold(session: 4 << 20) }, 1)
        let held = try givenBack { charges in
            try charges.hold(request: 60 << 20)
            try charges.hold(request: 0)
        }
        XCTAssertEqual(held, 1, "of a message that was dropped")
        let together = try givenBack { charges in
            try charges.hold(answer: 700 << 10)
            XCTAssertTrue(charges.hold(plans: 700 << 10))
        }
        XCTAssertEqual(together, 1)
    }
}

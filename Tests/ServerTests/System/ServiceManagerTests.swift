import Foundation
import Server
import XCTest

/// Goal: whatever the environment says, a server that nobody manages is not asked for a watchdog, and none is kept from its work. Method: values that managers
/// and others set; the messages themselves `service.py` hears of the real binary.
final class ServiceManagerTests: XCTestCase {
    func test_watchdog_isOursAlone() {
        func seconds(_ socket: String?, _ watchdog: String?, _ process: String? = nil) -> Double? {
            ServiceManager(socket: socket, watchdog: watchdog, watchdogProcess: process).watchdogSeconds
        }
        XCTAssertEqual(seconds("/run/notify", "60000000"), 60)
        XCTAssertEqual(seconds("@notify", "1"), 1e-6)
        XCTAssertEqual(seconds("/run/notify", "60000000", "\(ProcessInfo.processInfo.processIdentifier)"), 60)
        XCTAssertNil(seconds("/run/notify", "60000000", "1"))
        for watchdog in [nil, "", "0", "-5", "x", "99999999999999999999"] { XCTAssertNil(seconds("/run/notify", watchdog), "\(watchdog ?? "nil")") }
        for socket in [nil, "", "/", "@", "vsock:2:1", "relative"] { XCTAssertNil(seconds(socket, "60000000"), "\(socket ?? "nil")") }
    }

    func test_tell_withoutAManager_isFalse() {
        for socket in [nil, "/nowhere/at/all", "@till-nobody-\(UInt64.random(in: 0...UInt64.max))", "/" + String(repeating: "x", count: 500)] {
            XCTAssertFalse(ServiceManager(socket: socket, watchdog: nil, watchdogProcess: nil).tell(.ready("a\nREADY=0")))
        }
    }
}

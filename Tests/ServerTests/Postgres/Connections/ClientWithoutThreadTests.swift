import ColumnStore
import Glibc
import Ingest
import Query
import TestSupport
import XCTest

@testable import Server

/// Goal: a client for whom the system has no thread is refused, and the door goes on. Method: a door whose first threads are not to be had.
final class ClientWithoutThreadTests: XCTestCase {
    /// All that the door says to one who says nothing; nil where it keeps the connection.
    private func answer(of port: UInt16) throws -> String? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        XCTAssertEqual(code, 0, "no connection")
        var bytes: [UInt8] = []
        var isAtEnd = false
        let isOver = Patience.until {
            var room = [UInt8](repeating: 0, count: 1_024)
            let count = recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT))
            if count > 0 { bytes += room[..<count] }
            isAtEnd = count == 0 || count < 0 && errno != EAGAIN
            return isAtEnd || isStarted.withLock { $0 > 0 }
        }
        XCTAssertTrue(isOver)
        return isAtEnd ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// Threads that were asked for once they were to be had.
    private let isStarted = Monitor(0)

    func test_clientsWithoutAThread_areRefused_andTheNextIsServed() throws {
        let context = DoorContext(
            store: StoreRoles(FakeEngine()), queries: QueryEngine(), further: StoreSchema(), adminKey: TestServer.adminKey, limits: DoorLimits(),
            log: Log(format: .json, level: .error), timers: Timers(clock: ManualClock()))
        let missing = Monitor(2)
        let door = try PostgresDoor(context, PostgresDoor.Settings(host: "127.0.0.1", port: 0), adminKey: TestServer.adminKey, certificates: nil) { [isStarted] name, run in
            let isMissing = missing.withLock { count in
                count -= 1
                return count >= 0
            }
            if isMissing { return false }
            isStarted.withLock { $0 += 1 }
            return WorkerThread.start(name: name, run)
        }
        for number in 1...2 {
            let said = try XCTUnwrap(try answer(of: door.port))
            XCTAssertTrue(said.contains("53300"), said)
            XCTAssertEqual(door.connectionCount, 0)
            XCTAssertEqual(door.refusedCount, number)
        }
        XCTAssertNil(try answer(of: door.port), "the next one has a thread")
        door.stopAccepting()
        XCTAssertTrue(door.waitUntilIdle(seconds: Patience.seconds))
    }
}

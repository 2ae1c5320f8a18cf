import ColumnStore
import Foundation
import XCTest

@testable import Server

/// Goal: nothing is lost because another process has set a descriptor not to block. Method: a pipe with a slow reader.
final class SharedDescriptorTests: XCTestCase {
    func test_write_whatWouldBlock_isWaitedFor() throws {
        var ends: [Int32] = [-1, -1]
        XCTAssertEqual(pipe(&ends), 0)
        let (source, target) = (ends[0], ends[1])
        defer { close(source) }
        XCTAssertEqual(fcntl(target, F_SETFL, O_NONBLOCK), 0)
        let end = Monitor<Int?>(nil)
        WorkerThread(name: "reader", isDetached: true) {
            var total = 0
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(source, &buffer, buffer.count)
                if count <= 0 { break }
                total += count
            }
            end.broadcast { $0 = total }
        }
        // More than a pipe holds.
        XCTAssertNil(SharedDescriptor.write([UInt8](repeating: 7, count: 1 << 20)[...], to: target))
        close(target)
        XCTAssertEqual(end.wait { $0 }, 1 << 20)
    }

    func test_write_whatFails_isTold() {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        XCTAssertEqual(SharedDescriptor.write([1], to: full), ENOSPC)
        XCTAssertEqual(SharedDescriptor.write([1], to: -1), EBADF)
        XCTAssertNil(SharedDescriptor.write([], to: -1))
    }
}

import Glibc
import XCTest

@testable import Server

/// Goal: no file of a store gets the number of a standard descriptor, whatever was closed before the start. Method: this process's own ones, closed and put back.
final class StandardDescriptorsTests: XCTestCase {
    func test_closedDescriptors_areTaken_andReadAndWrittenInVain() throws {
        let all = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        let kept = all.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        var flags: [Int32] = []
        var failures: [Int32] = []
        for (one, copy) in zip(all, kept) {
            close(one)
            StandardDescriptors.keep()
            flags.append(fcntl(one, F_GETFL) & O_ACCMODE)
            var byte: UInt8 = 0
            failures.append((one == STDIN_FILENO ? read(one, &byte, 1) : write(one, &byte, 1)) < 0 ? errno : 0)
            if copy >= 0 { dup2(copy, one) } else { close(one) }
        }
        for copy in kept where copy >= 0 { close(copy) }
        XCTAssertEqual(flags, [O_WRONLY, O_RDONLY, O_RDONLY])
        XCTAssertEqual(failures, [EBADF, EBADF, EBADF])
        // Those that are open stay what they are.
        let before = all.map { fcntl($0, F_GETFL) }
        StandardDescriptors.keep()
        XCTAssertEqual(all.map { fcntl($0, F_GETFL) }, before)
    }
}

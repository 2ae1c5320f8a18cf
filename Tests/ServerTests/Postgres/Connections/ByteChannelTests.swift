import Glibc
import XCTest

@testable import Server

/// Goal: a client reads whole messages, or the end. Method: a socket whose other side reads nothing until something was broken off.
final class ByteChannelTests: XCTestCase {
    /// All that has come.
    private func received(_ socket: Int32) -> Int {
        var sum = 0, room = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(socket, &room, room.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return sum }
            sum += count
        }
    }

    func test_whatWasBrokenOff_isFollowedByNothing() throws {
        var sockets: [Int32] = [0, 0]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets), 0)
        defer { for socket in sockets { close(socket) } }
        XCTAssertEqual(fcntl(sockets[0], F_SETFL, O_NONBLOCK), 0)
        let channel = ByteChannel(socket: sockets[0])
        channel.patience.seconds = 0
        XCTAssertThrowsError(try channel.write([UInt8](repeating: 1, count: 16 << 20))) { XCTAssertEqual($0 as? ByteChannel.End, .late) }
        let sent = received(sockets[1])
        XCTAssertTrue((1..<16 << 20).contains(sent), "\(sent)")
        XCTAssertThrowsError(try channel.write([2])) { XCTAssertEqual($0 as? ByteChannel.End, .closed) }
        XCTAssertEqual(received(sockets[1]), 0)
    }

    /// A statement that is to end does so between two messages.
    func test_interruptions_thatBreakOff_areThoseThatNobodyHearsOf() {
        for (reason, breaksOff) in [(Interruption.Reason.request, false), (.gone, true), (.stop, true)] {
            let interruption = Interruption()
            interruption.begin()
            interruption.interrupt(reason)
            XCTAssertTrue(interruption.isAsked)
            XCTAssertEqual(interruption.endsConnection, breaksOff, "\(reason)")
        }
        // A server stops while a statement that was cancelled waits for its client.
        let both = Interruption()
        both.begin()
        for reason in [Interruption.Reason.request, .stop, .request] { both.interrupt(reason) }
        XCTAssertTrue(both.endsConnection)
        let late = Interruption()
        late.begin()
        late.expire(late.beginPart())
        XCTAssertTrue(late.isAsked)
        XCTAssertFalse(late.endsConnection)
    }
}

import Foundation
import Glibc
import Synchronization

/// Passes connections on to a port, and cuts, stalls, refuses or reorders them as a test says.
final class CuttingProxy: Sendable {
    private struct State {
        var target: UInt16
        var sockets: Set<Int32> = []
        /// Those of them by which somebody came.
        var clients: Set<Int32> = []
        var isCut = false
        var isClosed = false
        /// Bytes that pass before a connection is cut; nil: all.
        var byteCountMax: Int?
        /// Bytes of answers that pass; then nothing comes, and nothing ends.
        var answerByteCountMax: Int?
        /// Of connections whose last bytes come later than those of the connections after them.
        var heldBack: Set<Int32> = []
    }

    let port: UInt16
    private let listener: Int32
    private let state: Mutex<State>

    init(to target: UInt16) throws {
        state = Mutex(State(target: target))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, code) = (listener, withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) == 0 && listen(listener, 16) == 0 ? getsockname(listener, $0, &length) : -1 }
        })
        guard descriptor >= 0, code == 0 else { throw Pair.Failure(description: "no proxy") }
        port = UInt16(bigEndian: address.sin_port)
        let thread = Thread { [self] in accept() }
        thread.start()
    }

    /// Nothing passes, and what is there ends.
    func cut() {
        state.withLock { state in
            state.isCut = true
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    func mend() { state.withLock { $0.isCut = false } }

    /// Each connection ends after so many bytes, in the middle of whatever it says.
    func tear(after byteCount: Int?) { state.withLock { $0.byteCountMax = byteCount } }

    /// What comes back stands still after so many bytes, on each connection.
    func stall(after byteCount: Int?) { state.withLock { $0.answerByteCountMax = byteCount } }

    /// To whoever speaks the connections that are there end, and it makes others; what they have said and did not arrive yet waits.
    func holdBack() {
        state.withLock { state in
            state.heldBack.formUnion(state.clients)
            for client in state.clients { shutdown(client, Int32(SHUT_WR)) }
        }
    }

    func letGo() { state.withLock { $0.heldBack = [] } }

    func close() {
        letGo()
        state.withLock { $0.isClosed = true }
        cut()
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let (target, isCut) = state.withLock { ($0.target, $0.isCut || $0.isClosed) }
            guard !isCut, let server = Self.connect(target) else {
                Glibc.close(client)
                continue
            }
            state.withLock { state in
                state.sockets.formUnion([client, server])
                state.clients.insert(client)
            }
            // Peers speak one way on each connection, but on one that a checkpoint comes by.
            let isBack = DispatchSemaphore(value: 0)
            Thread { [self] in
                pumpBack(server, client)
                isBack.signal()
            }.start()
            Thread { [self] in
                pump(client, server)
                for socket in [client, server] { shutdown(socket, Int32(SHUT_RDWR)) }
                isBack.wait()
                state.withLock { state in
                    state.sockets.subtract([client, server])
                    state.clients.remove(client)
                    state.heldBack.remove(client)
                }
                Glibc.close(client)
                Glibc.close(server)
            }.start()
        }
    }

    private func pumpBack(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var passed = 0
        while true {
            var polled = pollfd(fd: from, events: Int16(POLLIN), revents: 0)
            poll(&polled, 1, 100)
            if polled.revents & Int16(POLLHUP | POLLERR) != 0, polled.revents & Int16(POLLIN) == 0 { break }
            let isStalled = state.withLock { $0.answerByteCountMax }.map { passed >= $0 } ?? false
            guard polled.revents != 0, !isStalled else {
                var status = pollfd(fd: to, events: 0, revents: 0)
                if poll(&status, 1, isStalled ? 20 : 0) > 0, status.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { break }
                continue
            }
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                let done = buffer[sent..<count].withUnsafeBytes { send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard done > 0 else { break }
                sent += done
            }
            guard sent == count else { break }
            passed += count
        }
        // Whoever waits for more sees the end; what goes the other way ends with it.
        shutdown(to, Int32(SHUT_WR))
    }

    private func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var passed = 0
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            while state.withLock({ $0.heldBack.contains(from) }) { usleep(10_000) }
            guard count > 0 else { return }
            let left = state.withLock { $0.byteCountMax }.map { max(0, $0 - passed) } ?? count
            var sent = 0
            while sent < min(count, left) {
                let done = buffer[sent..<min(count, left)].withUnsafeBytes { send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard done > 0 else { return }
                sent += done
            }
            passed += count
            if left < count { return }
        }
    }

    private static func connect(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard code == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        return descriptor
    }
}

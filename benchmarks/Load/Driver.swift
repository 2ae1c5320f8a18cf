import CEpoll
import Glibc
import Synchronization

/// SIGTERM ends a run before its time; its figures are told as ever.
private let isEnded = Atomic<Bool>(false)

/// Sends the requests of a run over its connections and counts the answers. One thread, one epoll.
final class Driver {
    private let options: Options
    private let lines: [Range<Int>]
    private let bytes: [UInt8]
    private let epoll = epoll_create1(0)
    private var connections: [Int32: Connection] = [:]
    private var idle: [Connection] = []
    private var nextLine = 0
    private var getCredit = 0.0
    private var tickets: [[UInt8]] = []
    private var ticketCursor = 0

    private(set) var posts = Histogram()
    private(set) var gets = Histogram()
    private(set) var statuses: [Int: Int] = [:]
    private(set) var brokenCount = 0
    private(set) var elapsed = 0.0
    private(set) var isOutOfLines = false

    init(options: Options, bytes: [UInt8]) {
        self.options = options
        self.bytes = bytes
        var lines: [Range<Int>] = []
        var start = 0
        for index in bytes.indices where bytes[index] == 10 {
            if index > start { lines.append(start..<index) }
            start = index + 1
        }
        self.lines = Array(lines.dropFirst(options.skip))
    }

    func run() -> Bool {
        for _ in 0..<options.connections { guard open() else { return false } }
        signal(SIGTERM) { _ in isEnded.store(true, ordering: .relaxed) }
        let start = Self.now()
        var end = start + options.seconds * 1_000_000
        var issued = 0
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 256)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        defer {
            events.deallocate()
            buffer.deallocate()
        }
        while true {
            let now = Self.now()
            if isEnded.load(ordering: .relaxed) { end = min(end, now) }
            let isOver = now >= end || isOutOfLines
            if isOver && (idle.count == connections.count || now > end + 10_000_000) { break }
            if !isOver { issue(now: now, start: start, issued: &issued) }
            let count = till_epoll_wait(epoll, events, 256, pause(start: start, issued: issued, isOver: isOver))
            for index in 0..<max(Int(count), 0) {
                let descriptor = events[index].data.fd
                guard let connection = connections[descriptor] else { continue }
                handle(connection, buffer)
            }
        }
        elapsed = Double(min(Self.now(), end + 10_000_000) - start) / 1e6
        return true
    }

    /// How long nothing is due, in microseconds: the driver shares its cores with the server, so it must not spin, and a millisecond's
    /// sleep would count as the server's latency.
    private func pause(start: Int, issued: Int, isOver: Bool) -> Int {
        guard options.rate > 0, !isOver, !idle.isEmpty else { return 1_000 }
        let due = start + Int(Double(issued) * 1e6 / Double(options.rate))
        return min(max(due - Self.now(), 0), 1_000)
    }

    private func issue(now: Int, start: Int, issued: inout Int) {
        if options.rate == 0 {
            while !isOutOfLines, let connection = idle.popLast() { send(connection, scheduledAt: now) }
            return
        }
        // Requests whose time has come wait for a connection if none is idle: their clock runs already.
        while !isOutOfLines, let connection = idle.last {
            let due = start + Int(Double(issued) * 1e6 / Double(options.rate))
            if due > now { return }
            idle.removeLast()
            issued += 1
            send(connection, scheduledAt: due)
        }
    }

    private func send(_ connection: Connection, scheduledAt time: Int) {
        getCredit += options.getShare
        if getCredit >= 1, !tickets.isEmpty {
            getCredit -= 1
            ticketCursor = (ticketCursor + 7_919) % tickets.count
            let ticket = tickets[ticketCursor]
            connection.begin(scheduledAt: time, isPost: false) { request in
                request.append(contentsOf: "GET /v1/tickets/".utf8)
                request.append(contentsOf: ticket)
                request.append(contentsOf: " HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer \(options.key)\r\n\r\n".utf8)
            }
            return
        }
        guard nextLine < lines.count else {
            isOutOfLines = true
            idle.append(connection)
            return
        }
        let line = lines[nextLine]
        nextLine += 1
        connection.begin(scheduledAt: time, isPost: true) { request in
            request.append(contentsOf: "POST \(options.path) HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n".utf8)
            request.append(contentsOf: "Authorization: Bearer \(options.key)\r\nContent-Length: \(line.count)\r\n\r\n".utf8)
            request.append(contentsOf: bytes[line])
        }
    }

    private func handle(_ connection: Connection, _ buffer: UnsafeMutableRawBufferPointer) {
        guard connection.flush() else { return replace(connection) }
        let scheduledAt = connection.scheduledAt
        switch connection.receive(into: buffer) {
        case .waiting: return
        case .broken: replace(connection)
        case .answered(let status, let body):
            if let scheduledAt {
                let latency = Self.now() - scheduledAt
                if connection.isPost { posts.record(latency) } else { gets.record(latency) }
            }
            statuses[status, default: 0] += 1
            if connection.isPost, options.getShare > 0, tickets.count < 100_000, let ticket = Self.ticket(in: body) { tickets.append(ticket) }
            idle.append(connection)
        }
    }

    /// The 26 characters of the first `ticket_id` in an answer.
    private static func ticket(in body: ArraySlice<UInt8>) -> [UInt8]? {
        let name = Array("\"ticket_id\":\"".utf8)
        guard body.count > name.count + 26 else { return nil }
        for start in body.startIndex...(body.endIndex - name.count - 26) where body[start..<(start + name.count)].elementsEqual(name) {
            return Array(body[(start + name.count)..<(start + name.count + 26)])
        }
        return nil
    }

    private func open() -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = options.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        guard let connection = Connection(address: address) else { return false }
        guard till_epoll_add(epoll, connection.descriptor) == 0 else { return false }
        connections[connection.descriptor] = connection
        idle.append(connection)
        return true
    }

    private func replace(_ connection: Connection) {
        brokenCount += 1
        connections[connection.descriptor] = nil
        idle.removeAll { $0 === connection }
        _ = till_epoll_remove(epoll, connection.descriptor)
        _ = open()
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
    }
}

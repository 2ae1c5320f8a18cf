import Foundation
import Glibc
import TestSupport

/// Two real servers that keep one store, and a witness where one is wanted: each a process that can be killed, stopped and started anew.
final class Pair {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    final class Node {
        let name: String
        let data: URL
        let port: UInt16
        /// Of its next start.
        var environment: [String: String]
        var binary = TillServer.binary
        fileprivate let log: URL
        private var process: Process?

        /// - Parameter place: of its directory and its log.
        fileprivate init(_ name: String, in folder: URL, at place: String? = nil, port: UInt16, environment: [String: String]) {
            (self.name, self.port, self.environment) = (name, port, environment)
            data = folder.appendingPathComponent(place ?? name)
            log = folder.appendingPathComponent("\(place ?? name).log")
        }

        /// Of a process that has ended.
        var lastStatus: Int32? { process.flatMap { $0.isRunning ? nil : $0.terminationStatus } }
        var isRunning: Bool { process?.isRunning ?? false }
        var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

        /// Nothing where it runs: a wait may have started it anew already.
        func start() throws {
            if isRunning { return }
            if !FileManager.default.fileExists(atPath: log.path) { _ = FileManager.default.createFile(atPath: log.path, contents: nil) }
            let output = try FileHandle(forWritingTo: log)
            try output.seekToEnd()
            // One that is killed leaves there what it was at.
            let temporary = log.deletingPathExtension().appendingPathExtension("tmp")
            try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
            let process = Process()
            process.executableURL = binary
            process.arguments = ["serve", "--data", data.path, "--listen", "127.0.0.1:\(port)"]
            process.environment = TillServer.environment(["TILL_ADMIN_KEY": TillServer.adminKey, "TILL_LIMITS_MIN_FREE": "1MiB", "TMPDIR": temporary.path].merging(environment) { $1 })
            process.standardError = output
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            self.process = process
        }

        func send(_ signal: Int32) { if let process, process.isRunning { Foundation.kill(process.processIdentifier, signal) } }

        func kill() {
            send(SIGKILL)
            process?.waitForEnd()
        }

        /// An orderly end. A process that has only just been started would be ended by the signal itself: it is waited for until it takes signals.
        func stop() -> Int32 {
            _ = Patience.until { !isRunning || takesSignals }
            send(SIGTERM)
            return waitForEnd()
        }

        /// Some thread of it leaves them to the one that waits for them, which does not show that itself.
        private var takesSignals: Bool {
            guard let process else { return false }
            let threads = "/proc/\(process.processIdentifier)/task"
            return (try? FileManager.default.contentsOfDirectory(atPath: threads))?.contains { thread in
                let text = (try? String(contentsOfFile: "\(threads)/\(thread)/status", encoding: .utf8)) ?? ""
                let blocked = text.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }?.split(separator: "\t").last
                return blocked.flatMap { UInt64($0, radix: 16) }.map { $0 & 1 << (UInt64(SIGTERM) - 1) != 0 } ?? false
            } ?? false
        }

        func waitForEnd() -> Int32 {
            process?.waitForEnd()
            return process?.terminationStatus ?? 0
        }

        /// What `/readyz` says; nil where nobody answers.
        var ready: (status: Int, text: String)? {
            guard isRunning, let answer = try? HTTPClient(port: port).get("/readyz") else { return nil }
            return (answer.status, answer.text)
        }

        var client: HTTPClient { HTTPClient(port: port, key: TillServer.adminKey) }
    }

    let folder: URL
    let nodes: [Node]
    private var doubles: [Node] = []
    private var witness: Process?
    let witnessPort: UInt16?
    /// Of a witness that speaks TLS, and listens on all addresses.
    private let authority: PairAuthority?

    /// - Parameters:
    ///   - hasWitness: else the object is a file that both can reach, and so are slots.
    ///   - authority: of a witness with TLS.
    ///   - degrades: whether one goes on alone.
    ///   - more: settings of both.
    ///   - listen: where peers are waited for.
    ///   - through: the port at which a node is reached by its peer, where that is not its own.
    ///   - own: settings of one, by its name.
    ///   - starts: whether both are started at once.
    init(
        hasWitness: Bool = true, authority: PairAuthority? = nil, degrades: Bool = false, more: [String: String] = [:], listen: String = "127.0.0.1",
        through: (UInt16) throws -> UInt16 = { $0 }, own settings: (String) throws -> [String: String] = { _ in [:] }, starts: Bool = true
    ) throws {
        folder = try Project.temporaryFolder("till-pair")
        let ports = Ports.take(5)
        witnessPort = hasWitness ? ports[4] : nil
        self.authority = authority
        let object = hasWitness ? ["TILL_CLUSTER_WITNESS": "\(authority == nil ? "http" : "https")://127.0.0.1:\(ports[4])"] : ["TILL_CLUSTER_CONFIG": "file://\(folder.path)/object", "TILL_LOG_URL": "file://\(folder.path)/log"]
        nodes = try [("a", "b", 0), ("b", "a", 1)].map { [folder] name, peer, index in
            let own = [
                "TILL_CLUSTER_NODE": name, "TILL_CLUSTER_PEER": "\(peer)@127.0.0.1:\(try through(ports[3 - index]))", "TILL_CLUSTER_LISTEN": "\(listen):\(ports[2 + index])",
                "TILL_CLUSTER_DEGRADE": degrades ? "true" : "false",
            ]
            return Node(name, in: folder, port: ports[index], environment: own.merging(object) { $1 }.merging(more) { $1 }.merging(try settings(name)) { $1 })
        }
        try startWitness()
        if starts { for node in nodes { try node.start() } }
    }

    func startWitness() throws {
        guard let witnessPort else { return }
        let process = Process()
        process.executableURL = TillServer.binary
        process.arguments = ["witness", "--data", folder.appendingPathComponent("witness").path, "--listen", "\(authority == nil ? "127.0.0.1" : "0.0.0.0"):\(witnessPort)"]
        if let own = try authority?.settings("witness") {
            for (option, key) in [("--tls-cert", "CERT"), ("--tls-key", "KEY"), ("--tls-ca", "CA")] { process.arguments? += [option, own["TILL_CLUSTER_TLS_\(key)"] ?? ""] }
        }
        process.environment = TillServer.environment()
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        witness = process
    }

    func killWitness() {
        if let witness, witness.isRunning { Foundation.kill(witness.processIdentifier, SIGKILL) }
        witness?.waitForEnd()
    }

    /// A process, not started yet, with the name of a node that is there, and a directory and ports of its own.
    func double(of node: Node) throws -> Node {
        let ports = Ports.take(2)
        let double = Node(node.name, in: folder, at: "\(node.name)-double-\(doubles.count)", port: ports[0], environment: node.environment.merging(["TILL_CLUSTER_LISTEN": "127.0.0.1:\(ports[1])"]) { $1 })
        doubles.append(double)
        return double
    }

    func remove() {
        for node in nodes + doubles { node.kill() }
        killWitness()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Waits until one of them may acknowledge. Who ends meanwhile since its lease was over is started anew: on a busy machine that may be who has just come to lead.
    func leader(other than: Node? = nil) throws -> Node {
        let found = try Patience.value(pauseMilliseconds: 50) { () throws -> Node? in
            revive(other: than)
            for node in nodes {
                if node !== than, node.ready?.status == 200 { return node }
            }
            return nil
        }
        guard let found else { throw Failure(description: "nobody leads:\n" + nodes.map { "\($0.name): \($0.ready?.text ?? "no answer")\n\($0.logText.suffix(3_000))" }.joined(separator: "\n")) }
        return found
    }

    /// Both tell the same record as the last, with the same digest of all up to it, once nobody posts.
    var digestsAgree: Bool {
        let said = nodes.map { node in node.ready?.text.firstMatch(of: #/"record":([1-9][0-9]*),"digest":"([0-9a-f]{32})"/#).map { "\($0.1) \($0.2)" } }
        return said[0] != nil && said[0] == said[1]
    }

    var isInSync: Bool {
        nodes.contains { node in
            guard let ready = node.ready, ready.status == 200 else { return false }
            return ready.text.contains(#""insync":["a","b"]"#) || ready.text.contains(#""insync":["b","a"]"#)
        }
    }

    /// Starts those anew that have ended because they lead no more, as their unit would.
    func revive(other than: Node? = nil) { for node in nodes where node !== than && !node.isRunning && node.lastStatus == 75 { try? node.start() } }

    /// Waits until both are in sync. Who ends meanwhile is started anew: beside a bucket with faults who comes to lead may not be able to prove it in time.
    func waitUntilInSync() throws {
        let isThere = Patience.until(pauseMilliseconds: 50) {
            revive()
            return isInSync
        }
        if !isThere { throw Failure(description: "not in sync:\n" + nodes.map { "\($0.name): \($0.ready?.text ?? "no answer")\n\($0.logText.suffix(3_000))" }.joined(separator: "\n")) }
    }

    /// Waits until the object names the store: until its leader has swapped that in, the object tells a stranger nothing.
    func waitUntilStoreIsNamed() throws {
        let object = folder.appendingPathComponent(witnessPort == nil ? "object/object" : "witness/object")
        let isThere = Patience.until { (try? Data(contentsOf: object))?.starts(with: Data("till-cluster 2\n".utf8)) == true }
        if !isThere { throw Failure(description: "the object names no store") }
    }

    /// Waits until both are in sync, and makes the contract that tests post with. Who ends meanwhile is started anew: on a machine that stands still for seconds, the other one comes to lead.
    func begin() throws -> (leader: Node, standby: Node) {
        try waitUntilInSync()
        let leader = try leader()
        let made = try leader.client.put("/v1/contracts/c1", #"{"access":"read-write","scope":"own"}"#)
        guard [200, 201].contains(made.status) else { throw Failure(description: "contract: \(made.status) \(made.text)") }
        return (leader, other(than: leader))
    }

    /// Has a node lead, asked for again: one that has just started may not be there to take it, and one that is busy hears nothing of it.
    func transfer(to node: Pair.Node) -> Bool {
        Patience.until(pauseMilliseconds: 500) {
            if node.ready?.status == 200 { return true }
            _ = try? node.client.post("/v1/cluster/transfer", #"{"to":"\#(node.name)"}"#)
            return false
        }
    }

    func other(than node: Node) -> Node { nodes[0] === node ? nodes[1] : nodes[0] }
}

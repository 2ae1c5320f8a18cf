import Cluster
import TestSupport

/// What another machine of a pair says, and what lies where both look: messages, records, the object that says who leads.
extension Door {
    static let cluster: [Door] = [clusterMessage, clusterObject, clusterNode]

    /// The input as a message and as a record. What can be read is written back byte for byte.
    private static let clusterMessage = Door(
        name: "cluster-message",
        seeds: {
            var choices = [UInt8](repeating: 3, count: 64)
            var seeds: [[UInt8]] = []
            for kind in 0..<16 {
                choices[0] = UInt8(kind)
                seeds.append(choices.withUnsafeBytes { bytes in
                    var words = ClusterWords(Choices(bytes), top: .start)
                    return words.message().bytes
                })
            }
            return seeds + [Record(after: .start, epoch: 1, kind: .rows, level: 1, body: [1, 2, 3]).bytes]
        },
        fuzz: { bytes in
            let bytes = Array(bytes)
            do throws(FrameFault) {
                let message = try Message(parsing: bytes[...])
                precondition(message.bytes == bytes, "a message is written as another")
            } catch {
                let record = try Record(parsing: bytes[...])
                precondition(record.bytes == bytes && record.isWhole, "a record is written as another")
            }
        })

    /// The input as the object's members, under the right sum: whoever can write to the bucket or the witness can make one.
    private static let clusterObject = Door(
        name: "cluster-object",
        seeds: {
            [0, 7, 200].map { (byte: UInt8) in
                [UInt8](repeating: byte, count: 64).withUnsafeBytes { bytes in
                    var words = ClusterWords(Choices(bytes), top: .start)
                    return Array(words.configuration().objectBytes.dropLast(16))
                }
            }
        },
        words: { ["till-cluster 1\n", "till-cluster 2\n"] },
        fuzz: { bytes in
            let members = Array(bytes)
            var sum = Digest.zero
            sum.take(members)
            var whole = members
            for word in [sum.high, sum.low] { withUnsafeBytes(of: word.littleEndian) { whole.append(contentsOf: $0) } }
            precondition((try? Configuration(parsingObject: members)) == nil || members.count > 16, "an object without a sum counts")
            let object = try Configuration(parsingObject: whole)
            precondition(object.objectBytes == whole, "an object is written as another")
        })

    /// A node among messages that no node sends and objects that no node writes. It goes on or ends itself, takes back nothing that it has committed, and writes a log
    /// without gaps.
    private static let clusterNode = Door(
        name: "cluster-node",
        seeds: { (0..<32).map { seed in (0..<400).map { UInt8(truncatingIfNeeded: ($0 &* 167 &+ seed &* 31) ^ ($0 >> 3)) } } },
        fuzz: { bytes in
            var world = ClusterWorld(Choices(bytes))
            world.run()
        })
}

/// Members of messages: mostly such as a node may well say, now and then at the end of their ranges.
private struct ClusterWords {
    var choices: Choices
    /// The last record of whom they are for.
    var top: Mark

    init(_ choices: Choices, top: Mark) { (self.choices, self.top) = (choices, top) }

    mutating func number() -> Int { choices.byte() % 8 == 0 ? [0, 1 << 60, (1 << 60) - 1, 1 << 32][choices.below(4)] : choices.below(12) }

    private mutating func session() -> UInt64 { choices.flag() ? ClusterWorld.session : UInt64(choices.byte()) }

    private mutating func digest() -> Digest { choices.flag() ? top.hash : Digest(high: UInt64(choices.byte()), low: 0) }

    private mutating func mark() -> Mark {
        if choices.flag() { return top }
        return Mark(sequence: choices.flag() ? max(0, top.sequence + choices.below(5) - 2) : number(), epoch: number(), hash: digest())
    }

    private mutating func nonces() -> [Nonce] { (0..<choices.below(4)).map { _ in Nonce(session: session(), count: choices.below(6)) } }

    mutating func records() -> [Record] {
        var last = choices.byte() % 8 == 0 ? mark() : top
        var records: [Record] = []
        for _ in 0..<choices.below(6) {
            let record = Record(
                after: Mark(sequence: min(last.sequence, 1 << 59), epoch: last.epoch, hash: last.hash), epoch: choices.flag() ? last.epoch : number(),
                kind: Record.Kind(rawValue: choices.byte() % 4) ?? .noop, level: choices.flag() ? 1 : number(), body: choices.bytes(choices.below(4)))
            records.append(record)
            if choices.byte() % 8 != 0 { last = record.mark }
        }
        return records
    }

    mutating func configuration() -> Configuration {
        let leader = choices.pick(["a", "b", "b", "c"])
        let insync = [leader] + [[], ["a"], ["b"], ["a", "b"], ["c", "c"]][choices.below(5)]
        let log = choices.flag() ? Configuration.LogStart(generation: number(), base: mark()) : nil
        return Configuration(
            epoch: number(), nonce: Nonce(session: session(), count: choices.below(6)), leader: leader, insync: insync, mode: choices.flag() ? .pair : .log, log: log,
            floor: number(), removed: [[], ["a"], ["b"]][choices.below(3)], level: choices.flag() ? 1 : number(),
            store: choices.below(8) == 0 ? StoreIdentity(String(repeating: "0a", count: 16)) : nil)
    }

    private mutating func history() -> History {
        var history = History()
        var epoch = 0
        for _ in 0..<choices.below(8) {
            epoch += choices.below(3) + (epoch == 0 ? 1 : 0)
            history.append(Record(epoch: epoch, sequence: history.last + 1, previous: .zero, hash: .zero, kind: .rows, level: 1, body: []))
        }
        return history
    }

    mutating func message() -> Message {
        switch choices.below(4) {
        case 0:
            return .hello(
                Hello(session: session(), heard: session(), version: 1 + choices.below(3), epoch: number(), promise: number(), isVouched: choices.flag(), tail: mark()))
        case 1:
            return .word(
                Word(session: session(), version: 1 + choices.below(3), epoch: number(), promise: number(), echo: number(), tenure: number(), attempt: number(), tail: mark(), accepts: nonces()))
        case 2: return .refusal(epoch: number())
        default:
            return .lead(
                Lead(
                    configuration: configuration(), session: session(), to: session(), version: 1, sentAt: number(), tenure: number(), committed: mark(), records: records(),
                    resume: choices.flag() ? Resume(history: history(), attempt: choices.below(4)) : nil, vouches: nonces(), isOffer: choices.flag()))
        }
    }
}

/// One node with a disk that does what it says, an object and slots that anybody may have written, and a peer that says anything.
private struct ClusterWorld {
    static let session: UInt64 = 7

    private var choices: Choices
    private var node: Node
    private var disk: [Record] = []
    private var object: Configuration?
    private var pending: [Effect] = []
    private var time = 1_000
    private var token = 0

    init(_ choices: Choices) {
        var choices = choices
        var history = History()
        for _ in 0..<choices.below(6) {
            let record = Record(after: disk.last?.mark ?? .start, epoch: (disk.last?.epoch ?? 1) + choices.below(2), kind: .rows, level: 1, body: [choices.byte()])
            disk.append(record)
            history.append(record)
        }
        let settings = Settings(name: "a", peers: ["b"], hasBucket: choices.flag(), degrades: choices.flag())
        node = Node(
            settings, session: Self.session, disk: Node.Disk(promise: choices.below(4), history: history, tail: disk.last?.mark ?? .start, recent: disk), at: time)
        self.choices = choices
    }

    mutating func run() {
        for _ in 0..<200 where !choices.isAtEnd { step() }
    }

    private mutating func step() {
        switch choices.below(10) {
        case 0, 1, 2:
            let message = words { $0.message() }
            take(.message(from: choices.byte() % 16 == 0 ? "c" : "b", message))
        case 3, 4:
            time += choices.pick([0, 1, 200, 1_000, 3_001, 10_001])
            take(.tick)
        case 5:
            token += 1
            take(.submit(Submission(token: token, level: 1 + choices.below(2), body: choices.bytes(choices.below(4)))))
        case 6:
            token += 1
            take(choices.flag() ? .read(token: token) : .command(choices.pick([.transfer(to: "b"), .remove("b"), .join("b"), .raiseLevel, .remove("a"), .transfer(to: "c")])))
        case 7: if choices.byte() % 4 == 0 { object = words { $0.configuration() } }
        default: answer()
        }
    }

    private mutating func words<Made>(_ make: (inout ClusterWords) -> Made) -> Made {
        var words = ClusterWords(choices, top: node.top)
        defer { choices = words.choices }
        return make(&words)
    }

    private mutating func take(_ event: Event) {
        let committed = node.committed.sequence
        let effects = Node.step(&node, event, at: time)
        precondition(node.committed.sequence >= committed, "what was committed is not any more")
        for effect in effects {
            switch effect {
            case .append(let records, let ticket):
                for record in records {
                    precondition(record.follows(disk.last?.mark ?? .start), "a log with a gap is written")
                    disk.append(record)
                }
                pending.append(.append([], ticket: ticket))
            case .cut(let sequence, let ticket):
                precondition(sequence >= node.committed.sequence && sequence <= disk.count, "what was committed is cut")
                disk.removeLast(disk.count - sequence)
                pending.append(.cut(to: sequence, ticket: ticket))
            case .send(_, let message): precondition((try? Message(parsing: message.bytes[...])) != nil || (node.configuration?.epoch ?? 0) >= 1 << 60, "a message is sent that nobody can read")
            case .promise, .fetch, .readConfiguration, .swap, .readSlot, .putSlot: pending.append(effect)
            default: break
            }
        }
    }

    /// What was asked for longest comes, or fails.
    private mutating func answer() {
        guard !pending.isEmpty else { return }
        let effect = pending.removeFirst()
        let fails = choices.byte() % 8 == 0
        switch effect {
        case .append(_, let ticket), .cut(_, let ticket), .promise(_, let ticket): take(.wrote(ticket: ticket, tail: disk.last?.mark ?? .start))
        case .fetch(let first, let count, let peer):
            take(.fetched(first >= 1 && first <= disk.count ? Array(disk[(first - 1)..<min(disk.count, first - 1 + count)]) : [], peer: peer))
        case .readConfiguration(let ticket): take(.configuration(fails ? .failed : object.map { .found($0) } ?? .absent, ticket: ticket))
        case .swap(let expected, let next, _, let ticket):
            guard !fails, object?.nonce == expected else { return take(.swapped(fails ? .unknown : .conflict, ticket: ticket)) }
            object = next
            take(.swapped(.done, ticket: ticket))
        case .readSlot(_, _, let ticket):
            let record = words { $0.records().first }
            take(.slot(fails ? .failed : record.map { .found($0) } ?? .absent, ticket: ticket))
        case .putSlot(_, _, _, let ticket): take(.put(fails ? choices.pick([.again, .unknown]) : choices.pick([.done, .done, .conflict]), ticket: ticket))
        default: break
        }
    }
}

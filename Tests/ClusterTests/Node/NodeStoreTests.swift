import Cluster
import XCTest

/// Goal: records of one store never come among another's. Method: two nodes in a world whose disks are exchanged.
final class NodeStoreTests: XCTestCase {
    private static let own = StoreIdentity("00112233445566778899aabbccddeeff")
    private static let other = StoreIdentity("ffeeddccbbaa99887766554433221100")

    /// A store that was restored, and founded anew, has the number of the one that the other machine's directory still has, with what came after the backup: nobody cuts that back to nothing.
    func test_diskOfTheSameStore_withoutARecordInCommon_staysAsItIs_andSaysWhy() throws {
        let own = try XCTUnwrap(Self.own)
        var (log, history): ([Record], History) = ([], History())
        for number in 0..<3 {
            let record = Record(after: log.last?.mark ?? .start, epoch: 7, kind: .rows, level: 1, body: [UInt8(number)])
            log.append(record)
            history.append(record)
        }
        let disk = Node.Disk(promise: 7, history: history, tail: log[2].mark, recent: log, store: own)
        var node = Node(Settings(name: "b", peers: ["a"], hasBucket: false), session: 2, disk: disk, at: 0)
        var object = Configuration(
            epoch: 5_000, nonce: Nonce(session: 9, count: 1), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 1, removed: [], level: 1, store: own)
        for effect in Node.step(&node, .tick, at: 200) {
            guard case .readConfiguration(let ticket) = effect else { continue }
            for effect in Node.step(&node, .configuration(.found(object), ticket: ticket), at: 200) {
                if case .promise(_, let ticket) = effect { _ = Node.step(&node, .wrote(ticket: ticket, tail: log[2].mark), at: 200) }
            }
        }
        object.store = nil
        var theirs = History()
        theirs.append(Record(after: .start, epoch: 4_000, kind: .noop, level: 1, body: [1]))
        for time in stride(from: 400, through: 3_000, by: 200) {
            let lead = Lead(
                configuration: object, session: 1, to: 2, version: 1, sentAt: time, tenure: 5_000, committed: .start, records: [], resume: Resume(history: theirs, attempt: 1), vouches: [], isOffer: false)
            for effect in Node.step(&node, .message(from: "a", .lead(lead)), at: time) + Node.step(&node, .tick, at: time) {
                switch effect {
                case .append, .cut, .swap, .takeCheckpoint, .end: XCTFail("\(effect)")
                default: break
                }
            }
        }
        XCTAssertEqual(node.top, log[2].mark)
        XCTAssertEqual(node.obstacle, .apart("a"))
    }

    /// A machine that comes with an empty disk while the object is gone.
    func test_emptyNode_besideAPeerThatHasAStore_foundsNothing_andSaysWhy() throws {
        let world = SmallWorld(["a"]) { Settings(name: $0, peers: ["b"], hasBucket: false) }
        world.give(.met("b", StoreIdentity(String(repeating: "0a", count: 16)), namesStores: true), to: "a")
        world.pass(5_000)
        XCTAssertNil(world.object)
        XCTAssertEqual(world.nodes["a"]?.obstacle, .objectGone)
        world.give(.met("b", nil, namesStores: true), to: "a")
        world.pass(1_000)
        XCTAssertEqual(world.object?.leader, "a")
    }

    /// The object names the store once it counts and everybody reads that; while somebody does not, it is as it was.
    func test_object_namesTheStore_onceAllReadIt_andNotWhileSomebodyDoesNot() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let own = try XCTUnwrap(Self.own)
        world.give(.learned(own), to: leader)
        world.pass(1_000)
        XCTAssertNil(world.object?.store, "nobody has said that it reads that")
        world.meet()
        world.pass(1_000)
        XCTAssertEqual(world.object?.store, own)
        XCTAssertEqual(world.object?.insync.count, 2)
        // One of a version before takes the other's place, and must read what there is.
        world.meet(namesStores: false)
        world.pass(1_000)
        XCTAssertNil(world.object?.store)
        world.meet()
        world.pass(1_000)
        XCTAssertEqual(world.object?.store, own)
        XCTAssertEqual(world.leader, leader)
    }

    /// A witness of a version before kept the object without the name, and one that keeps names has taken its place since.
    func test_object_thatLostItsName_isNamedAgain() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let own = try XCTUnwrap(Self.own)
        world.give(.learned(own), to: leader)
        world.meet()
        world.pass(1_000)
        XCTAssertEqual(world.object?.store, own)
        let epoch = try XCTUnwrap(world.object?.epoch)
        world.object?.store = nil
        world.pass(12_000)
        XCTAssertEqual(world.object?.store, own)
        XCTAssertEqual(world.object?.epoch, epoch + 1, "once")
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.object?.insync.count, 2)
    }

    func test_diskOfAnotherStore_withMoreRecords_ends_andChangesAndPromisesNothing() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        let (own, other) = (try XCTUnwrap(Self.own), try XCTUnwrap(Self.other))
        world.give(.learned(own), to: leader)
        world.meet()
        world.pass(1_000)
        world.stop(leader)
        let count = world.done.count
        world.makeStrange(standby, other)
        world.pass(20_000)
        XCTAssertTrue(world.hasEnded(standby))
        XCTAssertEqual(world.object?.leader, leader)
        for (name, effect) in world.done[count...] where name == standby {
            switch effect {
            case .append, .cut, .promise, .swap, .identify: XCTFail("\(effect)")
            case .end(let ending): XCTAssertEqual(ending, .stranger(own))
            default: break
            }
        }
    }

    /// Where the object names no store yet neither of two that have different ones comes to lead, and each says why.
    func test_peerOfAnotherStore_keepsBothFromLeading_whereTheObjectNamesNone() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        let (own, other) = (try XCTUnwrap(Self.own), try XCTUnwrap(Self.other))
        world.stop(leader)
        world.stop(standby)
        world.makeStrange(standby, other)
        world.start(leader)
        world.meet()
        world.give(.met(standby, other, namesStores: true), to: leader)
        world.give(.learned(own), to: leader)
        world.give(.met(leader, own, namesStores: true), to: standby)
        world.pass(20_000)
        XCTAssertNil(world.leader)
        XCTAssertEqual(world.nodes[leader]?.obstacle, .peer(standby, other))
        XCTAssertEqual(world.nodes[standby]?.obstacle, .peer(leader, own))
        XCTAssertEqual(world.logs[standby]?.count, 500)
        // With an empty disk in its place they are a pair again.
        world.replace(standby)
        world.give(.met(standby, nil, namesStores: true), to: leader)
        world.give(.met(leader, own, namesStores: true), to: standby)
        world.pass(8_000)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.nodes[standby]?.role, .standby)
        XCTAssertEqual(world.object?.store, own)
        XCTAssertNil(world.nodes[standby]?.obstacle)
    }

    /// A leader's messages have no word for the store: the machine that is left reads it of the object once the leader is gone, and by then it has the records already.
    func test_standby_withRecordsOfALeaderThatIsGone_leads_whereTheObjectNamesTheirStore() throws {
        let own = try XCTUnwrap(Self.own)
        let world = SmallWorld.pair(hasBucket: false)
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        world.meet()
        world.give(.submit(Submission(token: 1, body: [7])), to: leader)
        world.pass(1_000)
        world.give(.learned(own), to: leader)
        world.pass(600)
        XCTAssertEqual(world.object?.store, own)
        XCTAssertEqual(world.object?.insync.count, 2)
        XCTAssertNil(world.nodes[standby]?.store, "its records are of leaders' messages alone")
        let count = try XCTUnwrap(world.logs[standby]?.count)
        world.stop(leader)
        world.pass(2_600)
        XCTAssertEqual(world.nodes[standby]?.configuration?.store, own, "it has read the object")
        XCTAssertNil(world.nodes[standby]?.store)
        world.pass(2_000)
        XCTAssertEqual(world.leader, standby)
        world.replace(leader)
        world.pass(8_000)
        XCTAssertGreaterThan(try XCTUnwrap(world.logs[leader]?.count), count)
        XCTAssertEqual(world.nodes[leader]?.store, own)
        for name in ["a", "b"] { XCTAssertNil(world.nodes[name]?.obstacle) }
    }

    /// A new cluster, and a directory that some other one has left.
    func test_diskWithAStore_doesNotFollowAnEmptyFounder() throws {
        let other = try XCTUnwrap(Self.other)
        let world = SmallWorld(["a"]) { name in Settings(name: name, peers: [name == "a" ? "b" : "a"], hasBucket: false) }
        world.pass(2_000)
        XCTAssertEqual(world.leader, "a")
        world.makeStrange("b", other)
        world.give(.met("a", nil, namesStores: true), to: "b")
        world.give(.met("b", other, namesStores: true), to: "a")
        world.pass(8_000)
        XCTAssertEqual(world.logs["b"]?.count, 500)
        XCTAssertEqual(world.nodes["b"]?.obstacle, .emptyLeader("a"))
        XCTAssertEqual(world.object?.insync, ["a"])
    }

    /// The leader of a new pair is gone before the object names the store; who leads next has its records, and has not found out whose they are.
    func test_diskWithAStore_followsALeaderThatDoesNotKnowItYet_whereTheObjectHasBothInSync() throws {
        let own = try XCTUnwrap(Self.own)
        let world = SmallWorld.pair(hasBucket: false)
        let founder = try XCTUnwrap(world.leader)
        let next = founder == "a" ? "b" : "a"
        world.give(.learned(own), to: founder)
        world.note(founder, own)
        world.stop(founder)
        world.pass(8_000)
        XCTAssertEqual(world.leader, next)
        world.start(founder)
        world.meet()
        world.pass(4_000)
        XCTAssertEqual(world.nodes[founder]?.role, .standby)
        XCTAssertNil(world.nodes[founder]?.obstacle)
        world.give(.learned(own), to: next)
        world.pass(1_000)
        XCTAssertEqual(world.object?.store, own)
    }

    /// A leader's message has no word for the store: whoever heard of an object by it first still takes that from the object.
    func test_objectThatWasHeardOfFirst_isReadForItsStore() throws {
        let own = try XCTUnwrap(Self.own)
        let world = SmallWorld.pair(hasBucket: false, degrades: true)
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        for name in ["a", "b"] { world.stop(name) }
        world.note(standby, own)
        world.isCut = true
        world.start(standby)
        world.give(.met(leader, nil, namesStores: true), to: standby)
        world.pass(400)
        var next = try XCTUnwrap(world.object)
        XCTAssertEqual(next.insync.count, 2)
        (next.epoch, next.nonce, next.insync) = (next.epoch + 1, Nonce(session: 99, count: 1), [leader])
        let lead = Lead(
            configuration: next, session: 99, to: 0, version: 1, sentAt: 0, tenure: next.epoch, committed: .start, records: [], resume: nil, vouches: [], isOffer: false)
        world.give(.message(from: leader, .lead(lead)), to: standby)
        XCTAssertEqual(world.nodes[standby]?.configuration, next)
        next.store = own
        world.object = next
        world.pass(4_000)
        XCTAssertEqual(world.nodes[standby]?.configuration, next)
        XCTAssertNil(world.nodes[standby]?.obstacle)
    }

    func test_emptyNode_takesTheIdentityBeforeItsFirstRecord_andTwoEmptyOnesLeadNothing() throws {
        let world = SmallWorld.pair(hasBucket: false)
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        let own = try XCTUnwrap(Self.own)
        world.give(.learned(own), to: leader)
        world.meet()
        world.pass(1_000)
        world.replace(standby)
        world.meet()
        let count = world.done.count
        world.pass(4_000)
        XCTAssertEqual(world.nodes[standby]?.role, .standby)
        let first = world.done[count...].first { name, effect in
            guard name == standby else { return false }
            switch effect {
            case .append, .identify: return true
            default: return false
            }
        }
        guard case .identify(own)? = first?.effect else { return XCTFail("\(String(describing: first))") }
        for name in ["a", "b"] { world.replace(name) }
        world.meet()
        world.pass(20_000)
        XCTAssertNil(world.leader)
        for name in ["a", "b"] { XCTAssertEqual(world.nodes[name]?.obstacle, .lacking(own)) }
    }
}

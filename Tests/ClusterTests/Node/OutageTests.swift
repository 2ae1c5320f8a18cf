import Cluster
import XCTest

/// Goal: a place that says who leads, and gives no answer, holds up no pair that is whole, and nothing is counted on what nobody knows. Method: two nodes that lose each other for a moment while it is away.
final class OutageTests: XCTestCase {
    private static func pair(hasBucket: Bool = true) throws -> (world: SmallWorld, leader: String, standby: String) {
        let world = SmallWorld.pair(hasBucket: hasBucket, degrades: !hasBucket)
        let leader = try XCTUnwrap(world.leader)
        return (world, leader, leader == "a" ? "b" : "a")
    }

    /// How many records come to count with one that is submitted.
    private static func post(_ token: Int, _ world: SmallWorld, _ leader: String) throws -> Int {
        let before = try XCTUnwrap(world.commits(of: leader).last)
        world.give(.submit(Submission(token: token, body: [UInt8(token)])), to: leader)
        world.settle()
        return try XCTUnwrap(world.commits(of: leader).last) - before
    }

    /// A standby that stood still for a second or two: the leader had begun to go on without it, and could not.
    func test_standbyThatIsBack_isGoneOnWith_whileThePlaceIsAway() throws {
        for hasBucket in [true, false] {
            let (world, leader, standby) = try Self.pair(hasBucket: hasBucket)
            let before = try XCTUnwrap(world.object)
            world.isDown = true
            for token in [1, 3] {
                world.isCut = true
                world.pass(1_800)
                XCTAssertEqual(try Self.post(token, world, leader), 0, "nobody else has it")
                world.isCut = false
                world.pass(600)
                XCTAssertEqual(try Self.post(token + 1, world, leader), 1)
                XCTAssertEqual(world.logs[leader]?.suffix(2).map(\.body), [[UInt8(token)], [UInt8(token + 1)]])
                XCTAssertEqual(world.logs[standby], world.logs[leader])
            }
            // Longer than a leader is one without a proof.
            world.pass(15_000)
            XCTAssertEqual(try Self.post(5, world, leader), 1)
            XCTAssertEqual([world.nodes[leader]?.role, world.nodes[standby]?.role], [.leader, .standby])
            XCTAssertEqual([world.nodes[leader]?.mayAcknowledge, world.object == before], [true, true])

            world.isDown = false
            world.pass(1_000)
            let object = try XCTUnwrap(world.object)
            XCTAssertEqual([object.insync, [object.leader], [object.mode.rawValue]], [before.insync, [leader], ["pair"]])
            XCTAssertEqual(world.leader, leader)
            // What the attempts have left in slots is of an epoch before.
            world.stop(standby)
            world.pass(2_000)
            XCTAssertEqual(world.object?.insync, [leader])
            if hasBucket { XCTAssertEqual(world.object?.log?.generation, object.epoch) }
            XCTAssertGreaterThan(object.epoch, before.epoch)
            XCTAssertEqual(try Self.post(6, world, leader), 1)
        }
    }

    /// What its disk had and nobody counted was to go to slots first: no swap was begun by then.
    func test_standbyThatIsBack_isGoneOnWith_whereNotAllCouldBePut() throws {
        let (world, leader, standby) = try Self.pair()
        world.stalledDisks = [leader]
        XCTAssertEqual(try Self.post(1, world, leader), 0)
        XCTAssertEqual(world.logs[leader]?.last?.body, [1], "written, since the standby has it, and not synced")
        world.isDown = true
        world.isCut = true
        world.pass(1_800)
        XCTAssertTrue(world.done.contains { if case .putSlot(_, let record, _, _) = $0.effect { record.body == [1] } else { false } })
        world.isCut = false
        world.release()
        world.pass(600)
        XCTAssertEqual(world.logs[standby]?.last?.body, [1])
        XCTAssertEqual(try Self.post(2, world, leader), 1)
        world.isDown = false
        world.pass(1_000)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.object?.mode, .pair)
    }

    /// It may be applied at any time: a record that counted by the standby's word would then be in no slot.
    func test_changeOfWhichNobodyKnows_isNotGivenUp() throws {
        let (world, leader, standby) = try Self.pair()
        world.takesSwaps = false
        world.isCut = true
        world.pass(1_800)
        world.isCut = false
        world.pass(600)
        XCTAssertEqual(try Self.post(1, world, leader), 0)
        // Nor where later tries surely come to nothing.
        world.isDown = true
        world.pass(1_000)
        XCTAssertEqual(try Self.post(2, world, leader), 0)
        let before = try XCTUnwrap(world.commits(of: leader).last)
        (world.isDown, world.takesSwaps) = (false, true)
        world.pass(3_000)
        XCTAssertEqual(world.commits(of: leader).last.map { $0 >= before + 2 }, true)
        XCTAssertEqual(world.object?.insync, [leader, standby])
        XCTAssertEqual(world.logs[standby], world.logs[leader])
    }

    /// The epoch is raised above what somebody promised: who leads, and what counts, is the same before and after.
    func test_changeThatLeavesTheLeaderAndThoseInSync_holdsNobodyUp() throws {
        for isDown in [true, false] {
            let (world, leader, standby) = try Self.pair()
            let before = try XCTUnwrap(world.object)
            (world.isDown, world.takesSwaps) = (isDown, isDown)
            world.give(.message(from: standby, .refusal(epoch: 1_000)), to: leader)
            for token in 1...20 {
                world.pass(600)
                XCTAssertEqual(try Self.post(token, world, leader), 1)
                XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, true)
            }
            XCTAssertEqual(world.object, before)
            (world.isDown, world.takesSwaps) = (false, true)
            world.pass(1_000)
            XCTAssertEqual(world.object?.epoch, 1_001)
            XCTAssertEqual(world.object?.insync, [leader, standby])
            XCTAssertEqual(world.leader, leader)
        }
    }

    /// What would go on without the standby waits for that change: the machine is not one that may acknowledge.
    func test_leaderWithoutItsStandby_whileAChangeIsOpen_waitsForTheObject() throws {
        let (world, leader, standby) = try Self.pair()
        world.isDown = true
        world.give(.message(from: standby, .refusal(epoch: 1_000)), to: leader)
        world.pass(600)
        world.stop(standby)
        world.pass(1_600)
        XCTAssertEqual(world.nodes[leader]?.silence, .object)
        XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, false)
        world.isDown = false
        world.pass(2_600)
        XCTAssertEqual(world.object?.mode, .log)
        XCTAssertEqual(try Self.post(1, world, leader), 1)
    }

    /// It acknowledges alone, for as long as its last proof lasts: to let the other in it made nothing new until that was done.
    func test_leaderThatIsAlone_whoseStandbyIsBack_goesOnAlone_whileTheWitnessIsAway() throws {
        let (world, leader, standby) = try Self.pair(hasBucket: false)
        world.isCut = true
        world.pass(2_000)
        XCTAssertEqual(world.object?.insync, [leader])
        world.isDown = true
        world.isCut = false
        for token in 1...4 {
            world.pass(1_000)
            XCTAssertEqual(try Self.post(token, world, leader), 1)
        }
        XCTAssertEqual(world.object?.insync, [leader])
        world.isDown = false
        world.pass(3_000)
        XCTAssertEqual(world.object?.insync, [leader, standby])
        XCTAssertEqual(world.logs[standby], world.logs[leader])
    }
}

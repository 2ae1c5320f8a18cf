import Cluster
import XCTest

/// Goal: nobody leads without the records that lie in slots, and slots go once nobody needs them. Method: two nodes in a world that fails only where the test says so.
final class NodeSlotsTests: XCTestCase {
    /// A pair in mode log whose leader is gone, and the slots that it has filled.
    private static func inSlots() throws -> (world: SmallWorld, leader: String, other: String, slots: [Int]) {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let other = leader == "a" ? "b" : "a"
        world.stop(other)
        world.pass(1_600)
        for token in 1...9 {
            world.give(.submit(Submission(token: token, body: [7])), to: leader)
            world.settle()
        }
        world.stop(leader)
        return (world, leader, other, world.slots.keys.sorted())
    }

    func test_slots_areWantedGone_aDayAfterThePairIsBack_andByEachLeaderAnew() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let other = leader == "a" ? "b" : "a"
        world.stop(other)
        world.pass(1_600)
        let generation = try XCTUnwrap(world.object?.log?.generation)
        world.start(other)
        world.pass(3_000)
        XCTAssertEqual(world.object?.insync, [leader, other])
        func wanted(_ name: String) -> (below: Int, wait: Int)? {
            for case (name, .removeSlots(let below, let wait)) in world.done.reversed() { return (below, wait) }
            return nil
        }
        XCTAssertGreaterThan(try XCTUnwrap(wanted(leader)).below, generation)
        XCTAssertEqual(wanted(leader)?.wait, 86_400_000)
        // Who wanted it is gone before the day is over.
        world.stop(leader)
        world.pass(5_000)
        XCTAssertEqual(world.leader, other)
        XCTAssertGreaterThan(try XCTUnwrap(wanted(other)).below, generation)
        XCTAssertEqual(wanted(other)?.wait, 86_400_000)
        // Those in which records lie now are not among them.
        XCTAssertLessThanOrEqual(try XCTUnwrap(wanted(other)).below, try XCTUnwrap(world.object?.log?.generation))
    }

    func test_slotThatIsLost_orAnothers_keepsWhoLacksItFromLeading_untilItIsThere() throws {
        for isLost in [true, false] {
            let (world, _, other, slots) = try Self.inSlots()
            let (number, count) = (slots[slots.count / 2], world.logs[other]?.count)
            let whole = try XCTUnwrap(world.slots[number])
            world.setSlot(number, isLost ? nil : Record(after: Mark(sequence: number - 1, epoch: 1, hash: .zero), epoch: 1, kind: .rows, level: 1, body: [9]))
            world.start(other)
            world.pass(8_000)
            XCTAssertNil(world.leader)
            XCTAssertEqual(world.nodes[other]?.obstacle, .slots(number))
            XCTAssertEqual(world.logs[other]?.count, count)
            XCTAssertEqual(world.slots.keys.max(), slots.last, "something was put behind")
            world.setSlot(number, whole)
            world.pass(1_000)
            XCTAssertEqual(world.leader, other)
            XCTAssertNil(world.nodes[other]?.obstacle)
            XCTAssertEqual(world.logs[other]?.count { $0.body == [7] }, 9)
        }
    }

    func test_slotThatIsLost_isNothingToWhoHasItsRecord() throws {
        let (world, leader, other, slots) = try Self.inSlots()
        world.setSlot(slots[slots.count / 2], nil)
        world.start(other)
        world.pass(8_000)
        XCTAssertNil(world.leader)
        world.start(leader)
        world.pass(6_000)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.object?.insync, [leader, other])
        XCTAssertEqual(world.logs[other]?.count { $0.body == [7] }, 9)
    }

    /// Between the look and the lead: it ends, and the machine that has everything leads.
    func test_slotThatIsLostAfterTheLook_endsWhoHasComeToLead() throws {
        let (world, leader, other, slots) = try Self.inSlots()
        world.start(other)
        world.pass(2_800)
        XCTAssertNotEqual(world.object?.leader, other)
        let number = slots[slots.count / 2]
        world.swapped = { world.setSlot(number, nil) }
        world.pass(2_000)
        XCTAssertEqual(world.object?.leader, other)
        XCTAssertTrue(world.hasEnded(other))
        guard case .end(.brokenSlots(at: number))? = world.done.last(where: { $0.name == other })?.effect else { return XCTFail("it ends for something else") }
        world.swapped = nil
        world.start(other)
        world.start(leader)
        world.pass(8_000)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.logs[other]?.count { $0.body == [7] }, 9)
    }
}

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

    /// The leader is heard again while a slot is being read, and then no more.
    func test_slotThatIsReadWhileTheLogIsCutBack_doesNotEndTheLooking() {
        let first = Record(after: .start, epoch: 1, kind: .fence, level: 1, body: [])
        let (own, theirs) = (Record(after: first.mark, epoch: 2, kind: .fence, level: 1, body: []), Record(after: first.mark, epoch: 3, kind: .fence, level: 1, body: []))
        func history(_ records: [Record]) -> History { records.reduce(into: History()) { $0.append($1) } }
        let object = Configuration(
            epoch: 3, nonce: Nonce(session: 9, count: 1), leader: "a", insync: ["a"], mode: .log, log: .init(generation: 3, base: first.mark), floor: 1, removed: [], level: 1)
        var node = Node(
            Settings(name: "b", peers: ["a"], hasBucket: true), session: 5,
            disk: Node.Disk(promise: 3, history: history([first, own]), tail: own.mark, recent: [first, own]), at: 0)
        /// - Returns: of the slot that is asked for.
        func tick(at time: Int) -> (sequence: Int, ticket: Int)? {
            var asked: (Int, Int)?
            for effect in Node.step(&node, .tick, at: time) {
                if case .readConfiguration(let ticket) = effect { _ = Node.step(&node, .configuration(.found(object), ticket: ticket), at: time) }
                if case .readSlot(_, let sequence, let ticket) = effect { asked = (sequence, ticket) }
            }
            return asked
        }
        XCTAssertNil(tick(at: 200))
        guard let early = tick(at: 2_200) else { return XCTFail("it does not look at slots") }
        XCTAssertEqual(early.sequence, 2)
        let lead = Lead(
            configuration: object, session: 9, to: 5, version: 1, sentAt: 1, tenure: 3, committed: first.mark, records: [], resume: Resume(history: history([first, theirs]), attempt: 1), vouches: [],
            isOffer: false)
        for effect in Node.step(&node, .message(from: "a", .lead(lead)), at: 2_210) {
            if case .cut(1, let ticket) = effect { _ = Node.step(&node, .wrote(ticket: ticket, tail: first.mark), at: 2_220) }
        }
        XCTAssertEqual(node.top, first.mark)
        _ = Node.step(&node, .slot(.found(theirs), ticket: early.ticket), at: 2_230)
        guard let late = tick(at: 4_200) else { return XCTFail("it looks at slots no more") }
        XCTAssertEqual(late.sequence, 2)
        // And leads by what it finds.
        for case .readSlot(_, 3, let ticket) in Node.step(&node, .slot(.found(theirs), ticket: late.ticket), at: 4_210) { _ = Node.step(&node, .slot(.absent, ticket: ticket), at: 4_220) }
        _ = tick(at: 6_000)
        XCTAssertEqual(node.role, .candidate)
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

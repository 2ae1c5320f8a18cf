import Cluster
import XCTest

/// Goal: a node says for whom it waits, and that it may acknowledge only while it may. Method: two nodes in a world that fails only where the test says so.
final class SilenceTests: XCTestCase {
    private static func pair(hasBucket: Bool, degrades: Bool = false) throws -> (world: SmallWorld, leader: String, standby: String) {
        let world = SmallWorld(["a", "b"]) { Settings(name: $0, peers: [$0 == "a" ? "b" : "a"], hasBucket: hasBucket, degrades: degrades) }
        world.pass(4_000)
        let leader = try XCTUnwrap(world.leader)
        return (world, leader, leader == "a" ? "b" : "a")
    }

    func test_pairThatIsWhole_mayAcknowledge_andNobodyWaits() throws {
        for hasBucket in [false, true] {
            let (world, leader, standby) = try Self.pair(hasBucket: hasBucket)
            for _ in 0..<50 {
                world.pass(200)
                XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, true)
                XCTAssertEqual(world.nodes[standby]?.mayAcknowledge, false)
                XCTAssertNil(world.nodes[standby]?.silence)
            }
        }
    }

    func test_leaderWithoutItsStandby_mayNot_whereNothingTakesItsPlace_untilItIsBack() throws {
        let (world, leader, standby) = try Self.pair(hasBucket: false)
        world.stop(standby)
        world.pass(1_600)
        XCTAssertEqual(world.nodes[leader]?.silence, .standby)
        XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, false)
        world.start(standby)
        world.pass(2_000)
        XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, true)
    }

    func test_leaderAlone_may_whereTheBucketOrASettingTakesTheStandbysPlace() throws {
        for hasBucket in [false, true] {
            let (world, leader, standby) = try Self.pair(hasBucket: hasBucket, degrades: !hasBucket)
            world.stop(standby)
            world.pass(1_600)
            for _ in 0..<50 {
                world.pass(200)
                XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, true, "bucket: \(hasBucket)")
            }
        }
    }

    /// Neither a leader nor whoever is to be one gets on without it.
    func test_objectThatCannotBeSwapped_isWaitedFor() throws {
        let (world, leader, standby) = try Self.pair(hasBucket: true)
        world.swapAnswer = .again
        let object = world.object
        world.stop(leader)
        world.pass(3_400)
        world.object = object
        XCTAssertEqual(world.nodes[standby]?.role, .candidate)
        XCTAssertNil(world.nodes[standby]?.silence, "it has just begun")
        world.pass(2_400)
        XCTAssertEqual(world.nodes[standby]?.silence, .object)
    }

    func test_standbyThatHearsNobody_isNone_andSaysWhoLeads() throws {
        let (world, leader, standby) = try Self.pair(hasBucket: true)
        world.isCut = true
        world.pass(9_000)
        XCTAssertEqual(world.object?.insync, [leader])
        XCTAssertEqual(world.nodes[standby]?.role, .rejoining, "it has not all that is acknowledged")
        XCTAssertEqual(world.nodes[standby]?.silence, .leader(leader))
        XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, true)
        world.isCut = false
        world.pass(3_000)
        XCTAssertEqual(world.nodes[standby]?.role, .standby)
        XCTAssertNil(world.nodes[standby]?.silence)
    }

    /// Both were killed as a pair: who comes back alone cannot know what the other has acknowledged.
    func test_oneOfTwo_thatComesBackAlone_waitsForTheOther() throws {
        for hasBucket in [false, true] {
            let (world, leader, standby) = try Self.pair(hasBucket: hasBucket)
            for one in [leader, standby] {
                for name in [leader, standby] { world.stop(name) }
                world.start(one)
                world.pass(6_000)
                XCTAssertEqual(world.nodes[one]?.silence, .inSync([one == leader ? standby : leader]))
                world.start(one == leader ? standby : leader)
                world.pass(6_000)
                XCTAssertNotNil(world.leader)
                XCTAssertNil(world.nodes[one]?.silence)
            }
        }
    }

    /// It takes its time where there are many: that is no fault of the bucket.
    func test_newLeaderInModeLog_readsSlots_andKnowsHowManyAreLeft() throws {
        let (world, leader, other) = try Self.pair(hasBucket: true)
        world.stop(other)
        world.pass(1_600)
        for token in 1...9 {
            world.give(.submit(Submission(token: token, body: [7])), to: leader)
            world.settle()
        }
        world.stop(leader)
        world.start(other)
        world.swapped = { world.withholdsSlots = true }
        world.pass(12_000)
        world.swapped = nil
        let node = try XCTUnwrap(world.nodes[other])
        XCTAssertEqual(node.role, .leader)
        XCTAssertEqual(node.silence, .slotsUnread)
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(node.slotsLeft), 9)
    }
}

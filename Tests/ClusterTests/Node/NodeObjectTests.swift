import Cluster
import XCTest

/// Goal: an object that is lost, put back or another's costs nobody a record, and is made anew only where all agree. Method: two nodes in a world that fails only where the test says so.
final class NodeObjectTests: XCTestCase {
    /// An empty bucket in the place of the pair's: nothing is lost by it as long as both are there, and a person is to know.
    func test_leaderWhoseObjectIsGone_goesOn_andKnowsIt() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, false)
        let object = world.object
        world.object = nil
        world.pass(12_000)
        XCTAssertEqual(world.nodes[leader]?.role, .leader)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, true)
        world.object = object
        world.pass(12_000)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, false)
    }

    /// A former version of it in the bucket, or a witness's directory of yesterday.
    func test_leaderWhoseObjectIsOneOfBefore_goesOn_andKnowsIt() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let present = try XCTUnwrap(world.object)
        var older = present
        (older.epoch, older.nonce) = (present.epoch - 1, Nonce(session: 99, count: 1))
        world.object = older
        world.pass(12_000)
        XCTAssertEqual(world.nodes[leader]?.role, .leader)
        XCTAssertEqual([world.nodes[leader]?.isObjectOlder, world.nodes[leader]?.isObjectGone, world.nodes[leader]?.mayAcknowledge], [true, false, true])
        let count = try XCTUnwrap(world.commits(of: leader).last)
        world.give(.submit(Submission(token: 1, body: [7])), to: leader)
        world.settle()
        XCTAssertEqual(world.commits(of: leader).last, count + 1)
        // Taken away, it is made anew by a word.
        world.object = nil
        world.pass(6_000)
        XCTAssertEqual([world.nodes[leader]?.isObjectOlder, world.nodes[leader]?.isObjectGone], [false, true])
        world.give(.command(.found), to: leader)
        world.settle()
        world.pass(12_000)
        XCTAssertEqual([world.nodes[leader]?.isObjectOlder, world.nodes[leader]?.isObjectGone], [false, false])
        XCTAssertGreaterThan(try XCTUnwrap(world.object).epoch, present.epoch)
        world.object = older
        world.pass(12_000)
        XCTAssertEqual(world.nodes[leader]?.isObjectOlder, true)
        world.object = world.nodes[leader]?.configuration
        world.pass(12_000)
        XCTAssertEqual(world.nodes[leader]?.isObjectOlder, false)
        XCTAssertEqual(world.leader, leader)
    }

    func test_objectThatIsGone_isMadeAnewByAWord_andNobodyWaits() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        // One that is there is no reason.
        let before = try XCTUnwrap(world.object)
        world.give(.command(.found), to: leader)
        world.settle()
        XCTAssertEqual(world.object, before)
        world.object = nil
        world.pass(6_000)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, true)
        world.give(.command(.found), to: standby)
        world.settle()
        XCTAssertNil(world.object, "whoever follows makes none")
        world.give(.command(.found), to: leader)
        world.settle()
        let made = try XCTUnwrap(world.object)
        XCTAssertEqual(made.epoch, before.epoch + 1)
        XCTAssertEqual([made.leader, made.mode.rawValue], [leader, "pair"])
        XCTAssertEqual(made.insync, before.insync)
        world.pass(400)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, false)
        XCTAssertEqual(world.nodes[standby]?.configuration?.epoch, made.epoch)
        let count = try XCTUnwrap(world.commits(of: leader).last)
        world.give(.submit(Submission(token: 1, body: [7])), to: leader)
        world.settle()
        XCTAssertEqual(world.commits(of: leader).last, count + 1)
        // And the pair can change who leads again.
        world.stop(leader)
        world.pass(5_000)
        XCTAssertEqual(world.leader, standby)
    }

    /// A bucket whose rights have gone but to read, a witness with a full disk: what is acknowledged lies on both machines all the while.
    func test_objectThatCannotBeMadeAnew_holdsNobodyUp_andIsSaidToBeGoneUntilItIsMade() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        world.object = nil
        world.pass(6_000)
        world.takesSwaps = false
        world.give(.command(.found), to: leader)
        world.settle()
        for token in 1...25 {
            world.pass(400)
            let count = try XCTUnwrap(world.commits(of: leader).last)
            world.give(.submit(Submission(token: token, body: [7])), to: leader)
            world.settle()
            XCTAssertEqual(world.commits(of: leader).last, count + 1)
            let isAnswered = world.give(.read(token: 1_000 + token), to: leader).contains { effect in
                if case .answerRead = effect { return true }
                return false
            }
            XCTAssertTrue(isAnswered)
            XCTAssertEqual(world.nodes[leader]?.isObjectGone, true)
            XCTAssertEqual(world.nodes[leader]?.mayAcknowledge, true)
        }
        XCTAssertNil(world.object)
        world.takesSwaps = true
        world.pass(1_000)
        XCTAssertEqual(world.object?.insync, [leader, standby])
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, false)
        let count = try XCTUnwrap(world.commits(of: leader).last)
        world.stop(leader)
        world.pass(8_000)
        XCTAssertEqual(world.leader, standby)
        XCTAssertGreaterThan(try XCTUnwrap(world.commits(of: standby).last), count)
    }

    /// Its standby may have come to lead: only who has just answered has not.
    func test_objectThatIsGone_isNotMadeAnewWithoutTheStandby() throws {
        let world = SmallWorld(["a", "b"]) { Settings(name: $0, peers: $0 == "a" ? ["b"] : ["a"], hasBucket: false) }
        world.pass(3_000)
        let leader = try XCTUnwrap(world.leader)
        world.object = nil
        world.pass(6_000)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, true)
        world.stop(leader == "a" ? "b" : "a")
        world.pass(1_400)
        XCTAssertEqual(world.nodes[leader]?.role, .leader)
        world.give(.command(.found), to: leader)
        world.settle()
        XCTAssertNil(world.object)
    }

    /// Between the look that missed it and the word to make it anew somebody has put the very same one back.
    func test_objectThatWasPutBack_isNotMadeAnew_andTheLeaderGoesOn() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let before = try XCTUnwrap(world.object)
        world.object = nil
        world.pass(6_000)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, true)
        world.object = before
        world.give(.command(.found), to: leader)
        world.settle()
        world.pass(1_000)
        // It has promised an epoch by then, and goes on above that.
        XCTAssertEqual(world.object?.insync, before.insync)
        XCTAssertGreaterThan(world.object?.epoch ?? 0, before.epoch)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.nodes[leader]?.isObjectGone, false)
        let count = try XCTUnwrap(world.commits(of: leader).last)
        world.give(.submit(Submission(token: 1, body: [7])), to: leader)
        world.settle()
        XCTAssertEqual(world.commits(of: leader).last, count + 1)
    }

    func test_objectThatSomebodyElseHasMade_endsTheLeader() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        var other = try XCTUnwrap(world.object)
        world.object = nil
        world.pass(6_000)
        (other.epoch, other.nonce) = (other.epoch + 1_000, Nonce(session: 99, count: 1))
        world.object = other
        world.give(.command(.found), to: leader)
        world.settle()
        XCTAssertEqual(world.object, other)
        XCTAssertTrue(world.hasEnded(leader))
    }

    /// A place that takes longer for each answer than a node waited before it asked again: it had asked anew each time, and knew nothing for good.
    func test_object_thatIsReadSlowly_isReadAllTheSame() throws {
        let world = SmallWorld.pair()
        for name in ["a", "b"] { world.stop(name) }
        world.holdsReads = true
        for name in ["a", "b"] { world.start(name) }
        for _ in 0..<75 {
            world.pass(200)
            world.releaseReads(askedBy: world.time - 2_500)
        }
        XCTAssertNotNil(world.leader)
        XCTAssertEqual(world.object?.insync.sorted(), ["a", "b"])
        XCTAssertEqual(world.object?.mode, .pair)
    }
}

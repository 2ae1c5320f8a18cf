import Cluster
import XCTest

/// Goal: each step of the protocol, seen by itself. Method: two nodes in a world that fails only where the test says so.
final class NodeTests: XCTestCase {
    func test_twoEmptyNodes_becomeAPair() throws {
        let world = SmallWorld.pair()
        let object = try XCTUnwrap(world.object)
        XCTAssertEqual(Set(object.insync), ["a", "b"])
        XCTAssertEqual(object.insync.first, object.leader)
        XCTAssertEqual(object.mode, .pair)
        XCTAssertNil(object.log)
        XCTAssertEqual(world.nodes.values.map(\.role.rawValue).sorted(), ["leader", "standby"])
    }

    /// Where an object was made anew, or an old one put back, what was promised may have had records: one epoch is never two leaders'.
    func test_leaderThatHearsOfAPromise_goesOnAboveIt() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        world.give(.message(from: leader == "a" ? "b" : "a", .refusal(epoch: 1_000)), to: leader)
        world.pass(1_000)
        XCTAssertEqual(world.object?.epoch, 1_001)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.object?.insync.count, 2)
    }

    /// What the frames of a hostile peer hold at most: an object above it nobody could read.
    func test_leaderThatHearsOfAPromiseBeyondAllEpochs_goesOnAsItIs() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let before = world.object
        world.give(.message(from: leader == "a" ? "b" : "a", .refusal(epoch: 1 << 60)), to: leader)
        world.pass(1_000)
        XCTAssertEqual(world.object, before)
        XCTAssertEqual(world.leader, leader)
        world.give(.message(from: leader == "a" ? "b" : "a", .refusal(epoch: Bounds.epochMax)), to: leader)
        world.pass(1_000)
        let object = try XCTUnwrap(world.object)
        XCTAssertEqual(object.epoch, Bounds.epochMax + 1)
        XCTAssertEqual(try Configuration(parsingObject: object.objectBytes), object)
    }

    /// Followed, it would be promised on a disk for good; believed, it would end the leader again and again.
    func test_messagesOfAnEpochBeyondAll_changeNothing() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        let object = try XCTUnwrap(world.object)
        func lead(_ name: String, _ epoch: Int) -> Message {
            var forged = object
            (forged.epoch, forged.leader, forged.insync) = (epoch, name, [name])
            return .lead(Lead(
                configuration: forged, session: 9, to: 0, version: 1, sentAt: 1, tenure: epoch, committed: .start, records: [], resume: nil, vouches: [], isOffer: false))
        }
        for epoch in [Bounds.epochMax + 1, Bounds.numberMax - 1, Bounds.numberMax] {
            world.give(.message(from: leader, lead(leader, epoch)), to: standby)
            world.give(.message(from: standby, lead(standby, epoch)), to: leader)
            let session = world.nodes[standby]?.session ?? 0
            let word = Word(session: session, version: 1, epoch: epoch, promise: epoch, echo: world.time, tenure: epoch, attempt: 1, tail: .start, accepts: [])
            world.give(.message(from: standby, .word(word)), to: leader)
            world.pass(1_000)
            XCTAssertEqual(world.object, object)
            XCTAssertEqual(world.leader, leader)
            XCTAssertEqual(world.nodes[standby]?.role, .standby)
        }
        XCTAssertFalse(world.done.contains { if case .promise(let epoch, _) = $0.effect { epoch > object.epoch } else { false } })
        XCTAssertFalse(world.hasEnded(standby))
    }

    /// The standby is away while the leader is started anew again and again, each time in an epoch of its own.
    func test_standbyThatWasAwayForMoreEpochsThanAreKept_followsAgain_andKeepsWhatIsInNoSlot() throws {
        for drops in [false, true] {
            let world = SmallWorld.pair(epochsKept: 3)
            let leader = try XCTUnwrap(world.leader)
            let other = leader == "a" ? "b" : "a"
            // Of the second epoch, so that it is none of the first one's.
            world.give(.submit(Submission(token: 1, body: [7])), to: leader)
            world.pass(600)
            world.stop(other)
            world.pass(2_000)
            let base = try XCTUnwrap(world.object?.log?.base)
            for _ in 0..<80 {
                world.stop(leader)
                world.start(leader)
                world.pass(3_000)
                XCTAssertEqual(world.leader, leader)
            }
            if drops {
                // What is before the first slot it knows from its checkpoint alone, and leads by that.
                world.drop(leader, but: 10)
                world.stop(leader)
                world.start(leader)
                world.pass(3_000)
                XCTAssertEqual(world.leader, leader)
            }
            let before = world.done.count
            world.start(other)
            world.pass(8_000)
            XCTAssertEqual(world.object?.insync, [leader, other])
            XCTAssertEqual(world.logs[other], world.logs[leader])
            let epochs = Set(try XCTUnwrap(world.logs[leader]).map(\.epoch)).count
            for (_, effect) in world.done[before...] {
                if case .send(_, .lead(let lead)) = effect, let told = lead.resume?.history.spans.count { XCTAssertLessThan(told, epochs) }
                if case .cut(let sequence, _) = effect { XCTAssertGreaterThanOrEqual(sequence, base.sequence) }
                if case .end = effect { XCTFail("it ends") }
            }
            XCTAssertEqual(world.done[before...].contains { if case .takeCheckpoint = $0.effect { true } else { false } }, drops)
        }
    }

    /// And above its last record, should the promise of its epoch be lost: a log's epochs never fall.
    func test_whoeverComesToLead_goesOnAboveItsOwnPromise_andItsRecords() {
        var history = History()
        let record = Record(after: .start, epoch: 60, kind: .rows, level: 1, body: [1])
        history.append(record)
        let disks = [
            (Node.Disk(promise: 50, history: History(), tail: .start, recent: []), 51), (Node.Disk(promise: 5, history: history, tail: record.mark, recent: [record]), 61),
        ]
        for (disk, epoch) in disks { XCTAssertEqual(promises(of: disk), [epoch]) }
    }

    /// Of a node that leads by the object, which is of epoch 5.
    private func promises(of disk: Node.Disk) -> [Int] {
        let object = Configuration(epoch: 5, nonce: Nonce(session: 9, count: 1), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 1, removed: [], level: 1)
        var node = Node(
            Settings(name: "a", peers: ["b"], hasBucket: false), session: 1, disk: disk, at: 0)
        var promises: [Int] = []
        for time in stride(from: 200, through: 2_000, by: 200) {
            for effect in Node.step(&node, .tick, at: time) {
                if case .readConfiguration(let ticket) = effect { _ = Node.step(&node, .configuration(.found(object), ticket: ticket), at: time) }
                if case .promise(let epoch, _) = effect { promises.append(epoch) }
            }
        }
        return promises
    }

    func test_submit_inAPair_isCommittedAfterBothDisks() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        let before = try XCTUnwrap(world.logs[leader]).count
        world.stalledDisks = [standby]
        world.give(.submit(Submission(token: 1, body: [7])), to: leader)
        world.settle()
        XCTAssertEqual(world.logs[standby]?.count, before + 1)
        XCTAssertEqual(world.logs[leader]?.count, before, "the leader's disk comes second")
        world.release(but: leader)
        XCTAssertEqual(world.logs[leader]?.count, before + 1)
        XCTAssertEqual(world.commits(of: leader).last, before, "not before the leader's disk has synced it")
        world.release()
        XCTAssertEqual(world.commits(of: leader).last, before + 1)
    }

    func test_leader_whoseStandbyIsSilent_goesOnInTheBucket() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        world.stop(leader == "a" ? "b" : "a")
        world.pass(1_600)
        XCTAssertEqual(world.object?.mode, .log)
        XCTAssertEqual(world.object?.insync, [leader])
        let before = try XCTUnwrap(world.commits(of: leader).last)
        world.give(.submit(Submission(token: 1, body: [7])), to: leader)
        world.settle()
        XCTAssertEqual(world.commits(of: leader).last, before + 1)
        XCTAssertEqual(world.slots[before + 1]?.body, [7])
    }

    func test_standby_whoseLeaderIsSilent_leadsWithinFiveSeconds_andTheOldOneEnds() throws {
        let world = SmallWorld.pair()
        let old = try XCTUnwrap(world.leader)
        let new = old == "a" ? "b" : "a"
        let paused = world.nodes[old]
        world.stop(old)
        world.pass(3_000)
        XCTAssertEqual(world.object?.leader, old)
        world.pass(1_800)
        XCTAssertEqual(world.leader, new)
        world.give(.submit(Submission(token: 1, body: [7])), to: new)
        world.settle()
        XCTAssertEqual(world.slots.values.filter { $0.body == [7] }.count, 1)
        // The old one was but paused: whatever wakes it, it knows that more than ten seconds have gone.
        var woken = try XCTUnwrap(paused)
        let effects = Node.step(&woken, .read(token: 9), at: world.time + 10_001)
        XCTAssertEqual(woken.role, .fenced)
        XCTAssertEqual(effects.count, 1)
        guard case .end(.fenced) = effects[0] else { return XCTFail("\(effects)") }
    }

    func test_leader_thatOnlyTheBucketHears_staysLeader_andIsReplacedOnceItIsGone() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        world.isCut = true
        world.pass(2_000)
        let epoch = try XCTUnwrap(world.object?.epoch)
        world.pass(30_000)
        XCTAssertEqual(world.object?.epoch, epoch)
        XCTAssertEqual(world.leader, leader)
        world.stop(leader)
        world.pass(5_000)
        XCTAssertEqual(world.leader, leader == "a" ? "b" : "a")
    }

    func test_transfer_handsWaitingSubmissionsOn_andKeepsThePair() throws {
        let world = SmallWorld.pair()
        let old = try XCTUnwrap(world.leader)
        let new = old == "a" ? "b" : "a"
        world.give(.command(.transfer(to: new)), to: old)
        world.give(.submit(Submission(token: 1, body: [7])), to: old)
        world.pass(600)
        XCTAssertEqual(world.leader, new)
        XCTAssertEqual(world.object?.mode, .pair)
        XCTAssertEqual(world.refusals(of: old), [.notLeader(new)])
        XCTAssertFalse(world.hasEnded(old))
        world.give(.submit(Submission(token: 1, body: [7])), to: new)
        world.settle()
        XCTAssertEqual(world.logs[old]?.last?.body, [7])
    }

    /// A busy machine, or a slow bucket: for longer than a tick, and for longer than a standby is waited for.
    func test_transfer_whoseSwapTakesLong_isWaitedFor_andNobodyIsFenced() throws {
        for milliseconds in [600, 1_600, 4_600, 8_600] {
            for hasBucket in [true, false] {
                let world = SmallWorld.pair(hasBucket: hasBucket, degrades: !hasBucket)
                let old = try XCTUnwrap(world.leader)
                let new = old == "a" ? "b" : "a"
                world.slowSwaps = ["a", "b"]
                world.give(.command(.transfer(to: new)), to: old)
                world.pass(milliseconds)
                XCTAssertEqual(world.nodes[new]?.role, .candidate)
                XCTAssertEqual(world.object?.leader, old)
                world.releaseSwaps()
                world.pass(600)
                XCTAssertEqual(world.leader, new)
                XCTAssertFalse(world.hasEnded(old))
                XCTAssertEqual(world.object?.mode, .pair)
                XCTAssertEqual(world.object?.insync, [new, old])
            }
        }
    }

    func test_transfer_whoseTakerFallsBeforeItLeads_isGivenUp() throws {
        let world = SmallWorld.pair()
        let old = try XCTUnwrap(world.leader)
        let new = old == "a" ? "b" : "a"
        world.slowSwaps = [new]
        world.give(.command(.transfer(to: new)), to: old)
        world.pass(600)
        XCTAssertEqual(world.nodes[new]?.role, .candidate)
        world.stop(new)
        world.pass(3_000)
        XCTAssertEqual(world.leader, old)
        XCTAssertEqual(world.object?.mode, .log)
        world.give(.submit(Submission(token: 1, body: [7])), to: old)
        world.settle()
        XCTAssertEqual(world.logs[old]?.last?.body, [7])
        // What it had sent comes to the object at last.
        world.releaseSwaps()
        XCTAssertEqual(world.leader, old)
    }

    func test_swap_withoutAnAnswer_isLookedUp() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        world.swapAnswer = .unknown
        world.stop(leader == "a" ? "b" : "a")
        world.pass(1_600)
        XCTAssertEqual(world.object?.mode, .log)
        XCTAssertEqual(world.nodes[leader]?.configuration, world.object)
        XCTAssertFalse(world.hasEnded(leader))
    }

    func test_removed_node_staysOut_untilItIsLetInAgain() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let other = leader == "a" ? "b" : "a"
        world.give(.command(.remove(other)), to: leader)
        world.pass(3_000)
        XCTAssertEqual(world.object?.removed, [other])
        XCTAssertEqual(world.object?.insync, [leader])
        world.give(.command(.join(other)), to: leader)
        world.pass(3_000)
        XCTAssertEqual(world.object?.insync, [leader, other])
    }

    func test_remove_askedForAgainAndAgain_isOne() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let other = leader == "a" ? "b" : "a"
        for _ in 0..<15 {
            world.give(.command(.remove(other)), to: leader)
            world.settle()
            world.give(.command(.remove(other)), to: leader)
            world.pass(200)
            XCTAssertTrue(world.object?.removed.isEmpty ?? true || world.object?.removed == [other], "\(String(describing: world.object?.removed))")
        }
        XCTAssertEqual(world.object?.removed, [other])
        world.give(.command(.join(other)), to: leader)
        world.pass(3_000)
        XCTAssertEqual(world.object?.insync, [leader, other])
    }

    func test_versionsTooFarApart_areAnObstacle_whichNamesBoth() throws {
        let world = SmallWorld.pair(version: { $0 == "a" ? 1 : 3 })
        let leader = try XCTUnwrap(world.leader)
        world.pass(6_000)
        XCTAssertEqual(world.object?.insync, [leader])
        let (own, theirs) = leader == "a" ? (3, 1) : (1, 3)
        XCTAssertEqual(world.nodes[leader == "a" ? "b" : "a"]?.obstacle, .version(leader, theirs: theirs, own: own))
    }

    /// Whoever is there first, and whoever comes back as the version before while the level is as it was.
    func test_cluster_isFoundedForTheVersionBefore_whichIsLetIn() throws {
        for newer in ["a", "b"] {
            var versions = ["a": 1, "b": 1]
            versions[newer] = 2
            let world = SmallWorld.pair(version: { [versions] in versions[$0] ?? 1 })
            XCTAssertEqual(world.object?.level, 1)
            XCTAssertEqual(world.object?.insync.count, 2)
            let leader = try XCTUnwrap(world.leader)
            world.stop(leader)
            world.pass(6_000)
            XCTAssertEqual(world.leader, leader == "a" ? "b" : "a")
        }
    }

    func test_submit_ofALevelThatNotAllUnderstand_isRefused_untilItIsRaised() throws {
        let world = SmallWorld.pair(version: { $0 == "a" ? 2 : 1 })
        let leader = try XCTUnwrap(world.leader)
        world.give(.submit(Submission(token: 1, level: 2, body: [7])), to: leader)
        XCTAssertEqual(world.refusals(of: leader).last, .notYet)
        world.give(.command(.raiseLevel), to: leader)
        world.pass(600)
        XCTAssertEqual(world.object?.level, 1)
    }

    /// A later version has led: the standby's disk is as good as any, and its program could not serve.
    func test_standbyThatIsOutgrown_confirms_andDoesNotLead_untilItIsStartedAnew() throws {
        let world = SmallWorld.pair()
        let leader = try XCTUnwrap(world.leader)
        let standby = leader == "a" ? "b" : "a"
        world.give(.outgrown, to: standby)
        let before = try XCTUnwrap(world.commits(of: leader).last)
        world.give(.submit(Submission(token: 1, body: [7])), to: leader)
        world.pass(600)
        XCTAssertEqual(world.commits(of: leader).last, before + 1)
        XCTAssertEqual(world.object?.mode, .pair)
        XCTAssertEqual(world.nodes[standby]?.obstacle, .outgrown)
        // Neither as it is offered the lead, nor while nobody leads.
        world.give(.command(.transfer(to: standby)), to: leader)
        world.pass(3_000)
        XCTAssertEqual(world.leader, leader)
        world.stop(leader)
        world.pass(20_000)
        XCTAssertEqual(world.object?.leader, leader)
        XCTAssertFalse(world.hasEnded(standby))
        world.start(leader)
        world.pass(8_000)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.object?.insync, [leader, standby])
        // Its next process is of the later version.
        world.start(standby)
        XCTAssertNil(world.nodes[standby]?.obstacle)
        world.pass(6_000)
        world.stop(leader)
        world.pass(6_000)
        XCTAssertEqual(world.leader, standby)
    }

    /// The leader fell with a record that its standby alone has on its disk: without that it may not lead, and the standby could not serve.
    func test_standbyThatIsOutgrown_andHasMore_handsItOnToWhoComesBack() throws {
        for hasBucket in [true, false] {
            let world = SmallWorld.pair(hasBucket: hasBucket)
            let leader = try XCTUnwrap(world.leader)
            let standby = leader == "a" ? "b" : "a"
            world.give(.outgrown, to: standby)
            world.stalledDisks = [standby]
            world.give(.submit(Submission(token: 1, body: [7])), to: leader)
            world.settle()
            world.stop(leader)
            world.release()
            XCTAssertEqual(world.logs[standby]?.last?.body, [7])
            XCTAssertNotEqual(world.logs[leader]?.last?.body, [7])
            world.start(leader)
            world.pass(8_000)
            XCTAssertEqual(world.leader, leader)
            XCTAssertEqual(world.object?.insync, [leader, standby])
            XCTAssertTrue(world.logs[leader]?.contains { $0.body == [7] } == true)
            XCTAssertEqual(world.nodes[standby]?.role, .standby)
        }
    }

    func test_node_thatLacksRecordsWhichItsLeaderHasNoMore_takesACheckpoint_andTheRestAsRecords() throws {
        for hasBucket in [true, false] {
            let world = SmallWorld.pair(hasBucket: hasBucket)
            let leader = try XCTUnwrap(world.leader)
            let other = leader == "a" ? "b" : "a"
            func post(_ numbers: ClosedRange<Int>) {
                for number in numbers {
                    world.give(.submit(Submission(token: number, body: [UInt8(truncatingIfNeeded: number)])), to: leader)
                    world.settle()
                }
            }
            // More than a leader has in memory.
            post(1...600)
            world.drop(leader, but: 10)
            XCTAssertEqual(world.dropped[leader], (world.logs[leader]?.count ?? 0) - 10)
            // One that has all goes on: nothing is asked for.
            post(601...610)
            func asked() -> Int { world.done.count { if case (other, .takeCheckpoint) = $0 { true } else { false } } }
            XCTAssertEqual(asked(), 0)
            world.stop(other)
            world.replace(other)
            world.pass(6_000)
            XCTAssertEqual(asked(), 1)
            XCTAssertEqual(world.object?.insync, [leader, other])
            XCTAssertEqual(world.logs[other], world.logs[leader])
            XCTAssertEqual(world.dropped[other], world.dropped[leader])
            // It leads with what it was given, and the one that comes back without anything is given that.
            world.give(.command(.transfer(to: other)), to: leader)
            world.pass(1_000)
            XCTAssertEqual(world.leader, other)
            world.stop(leader)
            world.replace(leader)
            world.pass(6_000)
            XCTAssertEqual(world.object?.insync, [other, leader])
            XCTAssertEqual(world.logs[leader], world.logs[other])
        }
    }

    func test_nodes_withoutBucket_wait_orDegrade() throws {
        for degrades in [false, true] {
            let world = SmallWorld.pair(hasBucket: false, degrades: degrades)
            let leader = try XCTUnwrap(world.leader)
            world.stop(leader == "a" ? "b" : "a")
            world.pass(1_600)
            let before = try XCTUnwrap(world.commits(of: leader).last)
            world.give(.submit(Submission(token: 1, body: [7])), to: leader)
            world.settle()
            XCTAssertEqual(world.commits(of: leader).last, degrades ? before + 1 : before)
            XCTAssertFalse(world.hasEnded(leader), "the witness proves that it leads")
        }
    }
}

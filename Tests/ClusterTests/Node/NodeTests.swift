import Cluster
import XCTest

/// Goal: each step of the protocol, seen by itself. Method: two nodes in a world that fails only where the test says so.
final class NodeTests: XCTestCase {
    func test_twoEmptyNodes_becomeAPair() throws {
        let world = Self.pair()
        let object = try XCTUnwrap(world.object)
        XCTAssertEqual(Set(object.insync), ["a", "b"])
        XCTAssertEqual(object.insync.first, object.leader)
        XCTAssertEqual(object.mode, .pair)
        XCTAssertNil(object.log)
        XCTAssertEqual(world.nodes.values.map(\.role.rawValue).sorted(), ["leader", "standby"])
    }

    /// An empty bucket in the place of the pair's: nothing is lost by it as long as both are there, and a person is to know.
    func test_leaderWhoseObjectIsGone_goesOn_andKnowsIt() throws {
        let world = Self.pair()
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

    func test_objectThatIsGone_isMadeAnewByAWord_andNobodyWaits() throws {
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair()
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

    /// Where an object was made anew, or an old one put back, what was promised may have had records: one epoch is never two leaders'.
    func test_leaderThatHearsOfAPromise_goesOnAboveIt() throws {
        let world = Self.pair()
        let leader = try XCTUnwrap(world.leader)
        world.give(.message(from: leader == "a" ? "b" : "a", .refusal(epoch: 1_000)), to: leader)
        world.pass(1_000)
        XCTAssertEqual(world.object?.epoch, 1_001)
        XCTAssertEqual(world.leader, leader)
        XCTAssertEqual(world.object?.insync.count, 2)
    }

    /// What the frames of a hostile peer hold at most: an object above it nobody could read.
    func test_leaderThatHearsOfAPromiseBeyondAllEpochs_goesOnAsItIs() throws {
        let world = Self.pair()
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

    func test_whoeverComesToLead_goesOnAboveItsOwnPromise() {
        let object = Configuration(epoch: 5, nonce: Nonce(session: 9, count: 1), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 1, removed: [], level: 1)
        var node = Node(
            Settings(name: "a", peers: ["b"], hasBucket: false), session: 1, disk: Node.Disk(promise: 50, history: History(), tail: .start, recent: []), at: 0)
        var promises: [Int] = []
        for time in stride(from: 200, through: 2_000, by: 200) {
            for effect in Node.step(&node, .tick, at: time) {
                if case .readConfiguration(let ticket) = effect { _ = Node.step(&node, .configuration(.found(object), ticket: ticket), at: time) }
                if case .promise(let epoch, _) = effect { promises.append(epoch) }
            }
        }
        XCTAssertEqual(promises, [51])
    }

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

    func test_submit_inAPair_isCommittedAfterBothDisks() throws {
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair()
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

    func test_swap_withoutAnAnswer_isLookedUp() throws {
        let world = Self.pair()
        let leader = try XCTUnwrap(world.leader)
        world.swapAnswer = .unknown
        world.stop(leader == "a" ? "b" : "a")
        world.pass(1_600)
        XCTAssertEqual(world.object?.mode, .log)
        XCTAssertEqual(world.nodes[leader]?.configuration, world.object)
        XCTAssertFalse(world.hasEnded(leader))
    }

    func test_removed_node_staysOut_untilItIsLetInAgain() throws {
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair(version: { $0 == "a" ? 1 : 3 })
        let leader = try XCTUnwrap(world.leader)
        world.pass(6_000)
        XCTAssertEqual(world.object?.insync, [leader])
        let (own, theirs) = leader == "a" ? (3, 1) : (1, 3)
        XCTAssertEqual(world.nodes[leader == "a" ? "b" : "a"]?.obstacle, .version(leader, theirs: theirs, own: own))
    }

    func test_submit_ofALevelThatNotAllUnderstand_isRefused_untilItIsRaised() throws {
        let world = Self.pair(version: { $0 == "a" ? 2 : 1 })
        // Whoever founded: only the lower level can be read by both.
        let leader = try XCTUnwrap(world.leader)
        guard world.object?.level == 1 else { return XCTAssertEqual(world.object?.insync, ["a"], "b cannot read what a writes") }
        world.give(.submit(Submission(token: 1, level: 2, body: [7])), to: leader)
        XCTAssertEqual(world.refusals(of: leader).last, .notYet)
        world.give(.command(.raiseLevel), to: leader)
        world.pass(600)
        XCTAssertEqual(world.object?.level, 1)
    }

    func test_slots_areWantedGone_aDayAfterThePairIsBack_andByEachLeaderAnew() throws {
        let world = Self.pair()
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

    func test_node_thatLacksRecordsWhichItsLeaderHasNoMore_takesACheckpoint_andTheRestAsRecords() throws {
        for hasBucket in [true, false] {
            let world = Self.pair(hasBucket: hasBucket)
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

    // MARK: Slots that are lost

    /// A pair in mode log whose leader is gone, and the slots that it has filled.
    private static func inSlots() throws -> (world: SmallWorld, leader: String, other: String, slots: [Int]) {
        let world = pair()
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

    // MARK: Whose records they are

    private static let own = StoreIdentity("00112233445566778899aabbccddeeff")
    private static let other = StoreIdentity("ffeeddccbbaa99887766554433221100")

    /// The object names the store once it counts and everybody reads that; while somebody does not, it is as it was.
    func test_object_namesTheStore_onceAllReadIt_andNotWhileSomebodyDoesNot() throws {
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair()
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
        let world = Self.pair(hasBucket: false)
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
        let world = Self.pair(hasBucket: false)
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
        let world = Self.pair(hasBucket: false, degrades: true)
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
        let world = Self.pair(hasBucket: false)
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

    func test_nodes_withoutBucket_wait_orDegrade() throws {
        for degrades in [false, true] {
            let world = Self.pair(hasBucket: false, degrades: degrades)
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

    private static func pair(hasBucket: Bool = true, degrades: Bool = false, version: @escaping (String) -> Int = { _ in 1 }) -> SmallWorld {
        let world = SmallWorld(["a", "b"]) { name in
            Settings(name: name, peers: [name == "a" ? "b" : "a"], hasBucket: hasBucket, degrades: degrades, version: version(name))
        }
        world.pass(4_000)
        return world
    }
}

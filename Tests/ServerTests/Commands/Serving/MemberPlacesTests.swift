import Cluster
import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a place that gives no answer as a machine starts is looked at later, and nothing is put there before. Method: the double of a bucket, which gives none at first, and then keeps conditions, or does not.
final class MemberPlacesTests: XCTestCase {
    private let bucket = BucketDouble()
    private let log = Log(format: .json, level: .error)

    override func tearDown() { bucket.close() }

    private func settings() -> Server.Settings {
        var settings = Server.Settings()
        (settings.storage.own["endpoint"], settings.storage.own["region"], settings.storage.own["path_style"]) = (bucket.endpoint, "eu-central-1", "true")
        (settings.storage.own["credentials.access_key_id"], settings.storage.own["credentials.secret_access_key"]) = ("AKIADOUBLE", "double/secret+key")
        (settings.pair.objectURL, settings.logURL) = ("s3://receipts/ctl", "s3://receipts/log")
        return settings
    }

    private struct NoAnswer: Error {}

    /// What a node does with both places, one call after the other.
    private func put(_ place: any ObjectPlace, _ slots: SlotPlace, _ proof: PlaceProof) throws -> (swap: Writing, slot: Writing) {
        let answers = Monitor<[Event]>([])
        let (object, calls) = (ObjectCalls(place, slots: slots, proof: proof, log: log), SlotCalls(slots, object: place, proof: proof, log: log))
        object.start(mayName: { true }) { event in answers.broadcast { $0.append(event) } }
        calls.start { event in answers.broadcast { $0.append(event) } }
        defer {
            object.stop()
            calls.stop()
        }
        let start = Configuration.LogStart(generation: 1, base: .start)
        let wanted = Configuration(epoch: 1, nonce: Nonce(session: 1, count: 1), leader: "a", insync: ["a"], mode: .pair, log: start, floor: 0, removed: [], level: 1)
        object.add(.swap(expected: nil, wanted, ticket: 1))
        guard case .swapped(let swap, 1)? = answers.wait(seconds: Patience.seconds, { $0.popLast() }) else { throw NoAnswer() }
        calls.take(.putSlot(generation: 1, Record(after: .start, epoch: 1, kind: .fence, level: 1, body: []), isCreation: true, ticket: 2), of: start)
        guard case .put(let slot, 2)? = answers.wait(seconds: Patience.seconds, { $0.popLast() }) else { throw NoAnswer() }
        return (swap, slot)
    }

    /// Of cold receipts: the machine follows without it, and says that it could not take over.
    func test_bucketOfColdReceipts_thatStandsStill_isNotWaitedForLong_andAskedAgain() throws {
        bucket.fail { _ in .delay(milliseconds: 2_000) }
        var settings = settings()
        settings.storage.url = "s3://receipts/cold"
        let (location, proof) = try MemberOpening.warehouse(settings, log, milliseconds: 300)
        defer { proof.stop() }
        XCTAssertEqual(location, "s3://receipts/cold")
        XCTAssertEqual(proof.doubt?.isUnkept, false, "by its own patience it would have been heard")
        XCTAssertLessThan(bucket.seen.count, 7, "not all of its questions were asked while it stood still")
        bucket.fail(nil)
        proof.start()
        XCTAssertTrue(Patience.until { proof.doubt == nil }, proof.doubt?.description ?? "")
    }

    /// One that keeps no conditions ends the start: it could not take over either.
    func test_bucketOfColdReceipts_thatKeepsNoConditions_endsTheStart() throws {
        bucket.keepConditions(false)
        var settings = settings()
        settings.storage.url = "s3://receipts/cold"
        XCTAssertThrowsError(try MemberOpening.warehouse(settings, log)) { XCTAssertTrue("\($0)".contains("If-None-Match"), "\($0)") }
    }

    func test_bucketThatGaveNoAnswer_isAskedAgain_andNothingIsPutThereBefore() throws {
        bucket.fail { _ in .drop }
        let settings = settings()
        let (place, slots) = (try ClusterObject.place(settings), try XCTUnwrap(try ClusterObject.slots(settings)))
        let proof = try MemberPlaces.check(settings, place, slots, directory: "/nowhere", log) { nil }
        XCTAssertEqual(proof.doubt?.isUnkept, false)
        // It would take all of it.
        bucket.fail(nil)
        var answers = try put(place, slots, proof)
        XCTAssertEqual(answers.swap, .again, "nothing was written")
        XCTAssertEqual(answers.slot, .unknown)
        XCTAssertEqual(Array(bucket.objects.keys), [])
        proof.start()
        defer { proof.stop() }
        XCTAssertTrue(Patience.until { proof.doubt == nil }, proof.doubt?.description ?? "")
        answers = try put(place, slots, proof)
        XCTAssertEqual(answers.swap, .done)
        XCTAssertEqual(answers.slot, .done)
    }

    func test_bucketThatKeepsNoConditions_andGaveNoAnswerAtTheStart_isTold_andNothingIsPutThere() throws {
        bucket.fail { _ in .drop }
        let settings = settings()
        let (place, slots) = (try ClusterObject.place(settings), try XCTUnwrap(try ClusterObject.slots(settings)))
        let proof = try MemberPlaces.check(settings, place, slots, directory: "/nowhere", log) { nil }
        bucket.keepConditions(false)
        bucket.fail(nil)
        proof.start()
        defer { proof.stop() }
        XCTAssertTrue(Patience.until { proof.doubt?.isUnkept == true }, proof.doubt?.description ?? "")
        XCTAssertTrue(proof.doubt?.description.contains("in spite of If-None-Match") == true, proof.doubt?.description ?? "")
        let answers = try put(place, slots, proof)
        XCTAssertEqual(answers.swap, .again)
        XCTAssertEqual(Array(bucket.objects.keys), [])
        // At a start it ends that.
        XCTAssertThrowsError(try MemberPlaces.check(settings, place, slots, directory: "/nowhere", log) { nil }) { XCTAssertTrue("\($0)".contains("in spite of If-None-Match"), "\($0)") }
    }

    private final class NoObject: ObjectPlace {
        let readCount = Mutex(0)

        func read() throws -> (bytes: [UInt8], tag: String)? {
            readCount.withLock { $0 += 1 }
            throw NoAnswer()
        }
        func create(_ bytes: [UInt8]) throws -> Bool { false }
        func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool { false }
    }

    /// A witness may be away for days, and requests to a bucket are paid for.
    func test_bucketThatKeepsItsWord_isNotAskedAnew_whileAnotherPlaceGivesNoAnswer() throws {
        var settings = settings()
        settings.pair.objectURL = nil
        let (place, slots) = (NoObject(), try XCTUnwrap(try ClusterObject.slots(settings)))
        let proof = try MemberPlaces.check(settings, place, slots, directory: "/nowhere", log) { nil }
        XCTAssertEqual(proof.doubt?.isUnkept, false)
        let count = bucket.seen.count
        XCTAssertGreaterThan(count, 0)
        proof.start()
        defer { proof.stop() }
        XCTAssertTrue(Patience.until { place.readCount.withLock { $0 } > 2 })
        XCTAssertEqual(bucket.seen.count, count)
    }

    /// What a person mends, too.
    func test_proof_asksUntilThePlacesAreProven() throws {
        struct Away: Error {}
        let asked = Mutex(0)
        let proof = PlaceProof(unproven: Away(), seconds: 0.001, log: log) {
            let count = asked.withLock { count in
                count += 1
                return count
            }
            if count < 3 { throw Away() }
            if count < 5 { throw PlaceProof.Unkept(reason: Away()) }
        }
        XCTAssertThrowsError(try proof.require())
        proof.start()
        XCTAssertTrue(Patience.until { proof.doubt == nil })
        XCTAssertNoThrow(try proof.require())
        XCTAssertEqual(asked.withLock { $0 }, 5)
    }
}

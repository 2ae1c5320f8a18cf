import ColumnStore
import Documents
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a store's cold tables move between disk and bucket while it works, and whatever cuts a move off, the store has all of its receipts in one place.
/// Method: the double, failing from each of its requests on; verification of what is left each time.
final class WarehouseMoveTests: XCTestCase {
    private static let request = PageRequest(fields: ["receipt_id", "state", "sequence", "document"], limit: 10_000)
    private let transport = OutgoingClient(policy: nil)
    private let bucket = BucketDouble(partByteCountMin: 1)

    override func tearDown() {
        transport.close()
        bucket.close()
    }

    private func factory(_ place: String?) throws -> any StorageFactory {
        guard let place else { return LocalStorageFactory() }
        if place.hasPrefix("file://") { return LocalStorageFactory(path: String(place.dropFirst(7))) }
        var options = BucketOptions()
        (options.pauseMilliseconds, options.attemptCountMax, options.partByteCount) = (1, 2, 20_000)
        let endpoint = try BucketEndpoint(url: place, endpoint: bucket.endpoint, region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(
            endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options)
        return BucketStorageFactory(client, cache: nil)
    }

    private func open(_ data: String, _ place: String?) throws -> EngineFixture {
        let storages = try factory(place)
        // Proof: tests end before what they hold goes.
        nonisolated(unsafe) let test = self
        let fixture = try EngineFixture(data) {
            $0.storages = storages
            $0.openPlace = { try test.factory($0) }
        }
        try fixture.keepOneRollup()
        return fixture
    }

    private func fill(_ fixture: EngineFixture, _ range: Range<Int>) throws {
        let lines = range.map { EngineFixture.receipt("R-\($0)", at: "20\(24 + $0 % 2)-0\(1 + $0 % 9)-15T10:00:00Z") }
        guard case .each = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        _ = try fixture.engine.compact(before: nil)
    }

    private func prove(_ data: String, _ place: String?) throws {
        let report = try Verifier(path: data, storages: try factory(place)).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.strangers, [])
    }

    func test_move_toABucket_toADirectory_andBack_whileReceiptsCome() throws {
        let (data, elsewhere) = (TemporaryDirectory(), TemporaryDirectory())
        var place: String?
        var count = 0
        for next in ["s3://receipts/a", "s3://receipts/b/c", "file://\(elsewhere.path)/w", nil] as [String?] {
            let fixture = try open(data.path, place)
            try fill(fixture, count..<(count + 20))
            let read = try fixture.walk(Self.request)
            try fill(fixture, (count + 20)..<(count + 30))
            let summary = try fixture.engine.move(to: next, isCancelled: { false }, progress: { _, _ in })
            XCTAssertEqual(summary.place, next)
            XCTAssertGreaterThan(summary.copiedFileCount, 0)
            count += 30
            XCTAssertEqual(try fixture.walk(Self.request).count, count)
            XCTAssertEqual(Array(try fixture.walk(Self.request).filter { read.contains($0) }).count, read.count)
            // Goes on at the new place.
            try fill(fixture, count..<(count + 5))
            count += 5
            XCTAssertTrue(try fixture.taken(EngineFixture.receipt("R-3", at: "2025-04-15T10:00:00Z")).isRepeat)
            // Whoever makes rollups may read there a while longer.
            try Patience.until { try fixture.engine.compactor.removeFormer() == 0 }
            XCTAssertEqual(try fixture.engine.catalog.formerPlaces(), [], "all of the former place is gone")
            try fixture.engine.close()
            XCTAssertThrowsError(try open(data.path, place)) { error in
                XCTAssertEqual((error as? DataDirectory.Failure)?.isOfTheSettings, true, "\(error)")
                XCTAssertTrue("\(error)".contains(next ?? "its own directory") && "\(error)".contains(place ?? "its own directory"), "\(error)")
            }
            try prove(data.path, next)
            place = next
        }
        XCTAssertEqual(bucket.objects.keys.sorted(), [])
        XCTAssertEqual(try FileManager.default.subpathsOfDirectory(atPath: elsewhere.path).filter { $0.hasSuffix(".parquet") || $0.hasSuffix(".json") }, [])
    }

    func test_moveThatIsCutOffAnywhere_leavesAllWhereItWas_andGoesOnWithWhatWasCopied() throws {
        let data = TemporaryDirectory()
        let fixture = try open(data.path, nil)
        for part in 0..<3 { try fill(fixture, part * 20..<part * 20 + 20) }
        let rows = try fixture.walk(Self.request)
        var isDone = false
        // Every fifth place: which of them, each change of the sources chooses anew.
        var last = 12 + Int(SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") % 5)
        while !isDone {
            XCTAssertLessThan(last, 1_000)
            let (counter, end) = (HotTierFixture.Counter(), last)
            // The probe is asked each time.
            bucket.fail { seen in !seen.key.contains("/probe/") && counter.next() > end ? .answer(status: 403, code: "AccessDenied") : nil }
            do {
                let summary = try fixture.engine.move(to: "s3://receipts/moved", isCancelled: { false }, progress: { _, _ in })
                isDone = true
                XCTAssertLessThan(summary.copiedFileCount, summary.fileCount + 10 * summary.tableCount, "what was copied is not copied again")
            } catch {
                XCTAssertEqual(try fixture.walk(Self.request), rows, "after \(last) requests: \(error)")
                XCTAssertNil(fixture.engine.directory.storages.location)
            }
            last += 5
        }
        bucket.fail(nil)
        XCTAssertEqual(try fixture.walk(Self.request), rows)
        try fill(fixture, 60..<70)
        try fixture.engine.close()
        try prove(data.path, "s3://receipts/moved")
        let again = try open(data.path, "s3://receipts/moved")
        XCTAssertEqual(try again.walk(Self.request).count, 70)
        try again.engine.close()
    }

    func test_placesThatCannotTakeIt_areRefused_andNothingChanges() throws {
        let (data, other, taken) = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        let stranger = try open(other.path, "s3://receipts/other")
        try fill(stranger, 0..<5)
        try stranger.engine.close()
        let objects = bucket.objects
        try FileManager.default.createDirectory(atPath: taken.path, withIntermediateDirectories: true)
        try Data([1]).write(to: URL(fileURLWithPath: taken.path + "/somebodys"))
        let fixture = try open(data.path, nil)
        try fill(fixture, 0..<5)
        bucket.store("foreign/x", [1])
        for (place, words) in [
            ("s3://receipts/other", "belongs to the store"), ("s3://receipts/foreign", "is not empty"), ("file://\(taken.path)", "is not empty"), (nil, "is there already"),
        ] as [(String?, String)] {
            XCTAssertThrowsError(try fixture.engine.move(to: place, isCancelled: { false }, progress: { _, _ in })) { error in
                XCTAssertEqual((error as? Fault)?.code, .badParameter, "\(error)")
                XCTAssertTrue("\(error)".contains(words), "\(error)")
            }
        }
        XCTAssertThrowsError(try fixture.engine.move(to: "s3://receipts/free", isCancelled: { true }, progress: { _, _ in })) {
            XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)")
        }
        bucket.store("foreign/x", nil)
        XCTAssertEqual(bucket.objects.filter { $0.key.hasPrefix("other/") }, objects)
        try fixture.engine.close()
        try prove(data.path, nil)
    }

    func test_readerOfTheFormerPlace_keepsItsFiles_untilItEnds() throws {
        let data = TemporaryDirectory()
        let fixture = try open(data.path, nil)
        try fill(fixture, 0..<20)
        func moveWhileReading() throws {
            let held = fixture.engine.tier.boundary.snapshot()
            let summary = try fixture.engine.move(to: "s3://receipts/moved", isCancelled: { false }, progress: { _, _ in })
            XCTAssertGreaterThan(summary.leftFileCount, 0)
            let file = try XCTUnwrap(try held.cold["receipts"]?.iceberg.files().first)
            XCTAssertNotNil(try held.cold["receipts"]?.iceberg.open(file))
        }
        try moveWhileReading()
        XCTAssertEqual(try fixture.engine.compactor.removeFormer(), 0)
        XCTAssertEqual(try fixture.engine.catalog.formerPlaces(), [])
        try fixture.engine.close()
        try prove(data.path, "s3://receipts/moved")
    }

    /// What somebody still reads there is come back to every few minutes, as long as the server runs.
    func test_formerPlaceThatCannotBeClearedYet_leavesNoThreadEachTime() throws {
        let (data, elsewhere) = (TemporaryDirectory(), TemporaryDirectory())
        var settings = StorageSettings()
        (settings["endpoint"], settings["region"], settings["path_style"]) = (bucket.endpoint, "eu-central-1", "true")
        (settings["credentials.access_key_id"], settings["credentials.secret_access_key"]) = ("AKIADOUBLE", "double/secret+key")
        let known = settings
        let openPlace: @Sendable (String?) throws -> any StorageFactory = { place in
            guard let place else { return LocalStorageFactory() }
            if place.hasPrefix("file://") { return LocalStorageFactory(path: String(place.dropFirst(7))) }
            return try StorageKind.bucket.open(StorageAddress(place, known))
        }
        let storages = try openPlace("s3://receipts/a")
        let fixture = try EngineFixture(data.path) {
            $0.storages = storages
            $0.openPlace = openPlace
        }
        try fixture.keepOneRollup()
        try fill(fixture, 0..<5)
        let held = fixture.engine.tier.boundary.snapshot()
        _ = try fixture.engine.move(to: "file://\(elsewhere.path)/w", isCancelled: { false }, progress: { _, _ in })
        func threadCount() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        let before = try threadCount()
        for _ in 0..<64 { XCTAssertGreaterThan(try fixture.engine.compactor.removeFormer(), 0) }
        XCTAssertTrue(try Patience.until { try threadCount() < before + 32 })
        withExtendedLifetime(held) {}
        try fixture.engine.close()
    }

    /// A proof of the snapshot before the move looked for it at the new place, and named metadata as missing where nothing was wrong.
    func test_verification_andMove_waitForEachOther_andSaySo() throws {
        let data = TemporaryDirectory()
        let fixture = try open(data.path, nil)
        try fill(fixture, 0..<20)
        var refusal: (any Error)?
        func verify(_ progress: @escaping () -> Void) throws -> Verifier.Report {
            try fixture.engine.verify(temporaryDirectory: "/tmp", makesAllSums: false, isCancelled: { false }, progress: { _ in progress() })
        }
        func move(_ progress: @escaping () -> Void) throws { _ = try fixture.engine.move(to: "s3://receipts/moved", isCancelled: { false }, progress: { _, _ in progress() }) }
        let report = try verify {
            guard refusal == nil else { return }
            do { try move {} } catch { refusal = error }
        }
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual((refusal as? Fault)?.code, .overloaded, "\(String(describing: refusal))")
        XCTAssertTrue("\(String(describing: refusal))".contains("a verification is under way"), "\(String(describing: refusal))")
        refusal = nil
        try move {
            guard refusal == nil else { return }
            do { _ = try verify {} } catch { refusal = error }
        }
        XCTAssertTrue("\(String(describing: refusal))".contains("the warehouse is being moved"), "\(String(describing: refusal))")
        XCTAssertEqual(try verify {}.findings.map(\.description), [])
        XCTAssertTrue(try Patience.until { try fixture.engine.compactor.removeFormer() == 0 })
        try fixture.engine.close()
        try prove(data.path, "s3://receipts/moved")
    }
}

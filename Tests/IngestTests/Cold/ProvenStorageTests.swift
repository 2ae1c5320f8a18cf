import TestSupport
import XCTest

@testable import ColumnStore
@testable import Ingest

/// Goal: metadata of a cold table that is not what the catalog has of it leads to no rows, whole as it may be. Method: in a bucket in memory, objects of an earlier version are put under the
/// names of the newest one's, bits are changed, and a cache beside it gives what was wrong for a while.
final class ProvenStorageTests: XCTestCase {
    private static let schema = Schema([Field("sequence", .int64)])

    private struct Made {
        let bucket: ObjectStoreDouble
        let versions: [Table]
        let proven: ProvenStorage
        /// Of the newest version.
        var number: Int { versions.last?.version ?? 0 }
        var locations: Set<String> { Set((1...3).map { bucket.location(of: "data/\($0).parquet") }) }

        /// By nothing that was read before.
        func read(_ storage: any ObjectStorage) throws -> Set<String> { Set(try Table.open(storage, version: number).files().map(\.location)) }
        func cold(_ storage: any ObjectStorage, _ damage: ColdDamage = ColdDamage()) throws -> ColdTable {
            ColdTable(name: "receipts", iceberg: try Table.open(storage, version: number), damage: damage)
        }
    }

    /// A table of three versions, each with one file more, and what a catalog has of its objects.
    private func make() throws -> Made {
        let bucket = ObjectStoreDouble()
        var table = try Table.create(bucket, schema: Self.schema).table
        var versions: [Table] = []
        for number in 1...3 {
            bucket.put("data/\(number).parquet", [1])
            table = try table.append([DataFile(location: bucket.location(of: "data/\(number).parquet"), recordCount: 1, byteCount: 1)]).table
            versions.append(table)
        }
        let digests = bucket.objects.filter { $0.key != Table.hintKey }.mapValues { (byteCount: Int64($0.count), sha256: SHA256.hash($0)) }
        return Made(bucket: bucket, versions: versions, proven: ProvenStorage(base: bucket, table: "receipts") { digests[$0] })
    }

    /// A version's metadata file, its list of manifests, and the manifest that it added.
    private func objects(of table: Table) throws -> [String] {
        let snapshot = try XCTUnwrap(table.metadata.currentSnapshot)
        let manifest = try XCTUnwrap(try table.manifests(of: snapshot).first { $0.addedSnapshotID == snapshot.id })
        return [Table.metadataKey(table.version)] + [snapshot.manifestList, manifest.location].compactMap { table.storage.key(ofLocation: $0) }
    }

    func test_objectsOfAnotherVersion_areDamage_untilTheRightOnesAreBack() throws {
        let made = try make()
        let (old, newest) = (try objects(of: made.versions[0]), try objects(of: made.versions[2]))
        for (place, key) in newest.enumerated() {
            let sound = try XCTUnwrap(made.bucket.objects[key])
            made.bucket.put(key, try XCTUnwrap(made.bucket.objects[old[place]]))
            XCTAssertNotEqual(try made.read(made.bucket), made.locations, "whole as it is, it leads to other rows: \(key)")
            let damage = ColdDamage()
            XCTAssertThrowsError(try made.cold(made.proven, damage).files([]), key) { error in
                XCTAssertTrue("\(error)".contains(made.bucket.location(of: key)) && "\(error)".contains("the table receipts"), "\(error)")
                XCTAssertTrue("\(error)".contains("not the object that was written"), "\(error)")
            }
            // The table itself is not opened by another version's metadata file.
            XCTAssertEqual(damage.all.map(\.damaged.location), place == 0 ? [] : [made.bucket.location(of: key)])
            made.bucket.put(key, sound)
            XCTAssertEqual(try made.read(made.proven), made.locations, key)
        }
    }

    func test_changedBits_leadToNoRows_thoughTheyCanBeDecoded() throws {
        let made = try make()
        for key in try objects(of: made.versions[2]) {
            let sound = try XCTUnwrap(made.bucket.objects[key])
            var decodedCount = 0
            for place in stride(from: 0, to: sound.count, by: 5) {
                var bytes = sound
                bytes[place] ^= 1
                made.bucket.put(key, bytes)
                if (try? made.read(made.bucket)) != nil { decodedCount += 1 }
                XCTAssertThrowsError(try made.read(made.proven), "\(key), byte \(place)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
            }
            XCTAssertGreaterThan(decodedCount, 0, key)
            made.bucket.put(key, sound)
        }
    }

    func test_whatACacheHasWrong_isFetchedAnew() throws {
        let made = try make()
        let (old, newest) = (try objects(of: made.versions[0]), try objects(of: made.versions[2]))
        for (place, key) in newest.enumerated() {
            let sound = try XCTUnwrap(made.bucket.objects[key])
            for wrong in [try XCTUnwrap(made.bucket.objects[old[place]]), Array(sound.dropLast(20)), []] {
                made.bucket.cache(key, wrong)
                XCTAssertEqual(try made.read(made.proven), made.locations, key)
                XCTAssertEqual(try made.bucket.get(key, byteCountMax: .max), sound, "it is kept no longer: \(key)")
            }
        }
    }

    /// Of what no catalog has, as other writers' tables: what cannot be decoded.
    func test_tornManifestsOfACache_areFetchedAnew_withoutACatalogToo() throws {
        let made = try make()
        for key in try objects(of: made.versions[2]).dropFirst() {
            let sound = try XCTUnwrap(made.bucket.objects[key])
            made.bucket.cache(key, Array(sound.dropLast(20)))
            XCTAssertEqual(try made.read(made.bucket), made.locations, key)
            // Where the storage has no other, its place is named, and the right one is read once it is back.
            made.bucket.put(key, Array(sound.dropLast(20)))
            XCTAssertThrowsError(try made.read(made.bucket)) { XCTAssertEqual(($0 as? ColumnStoreError)?.path, made.bucket.location(of: key)) }
            made.bucket.put(key, sound)
            XCTAssertEqual(try made.read(made.bucket), made.locations, key)
        }
    }

    func test_whatTheCatalogDoesNotHave_isReadAsItIs_andACatalogThatFailsIsNoDamage() throws {
        let made = try make()
        let table = try Table.open(made.proven, version: made.number)
        made.bucket.put("data/4.parquet", [1])
        let next = try table.append([DataFile(location: made.bucket.location(of: "data/4.parquet"), recordCount: 1, byteCount: 1)]).table
        XCTAssertEqual(try Table.open(made.proven, version: next.version).files().count, 4)
        struct Failure: Error {}
        let failing = ProvenStorage(base: made.bucket, table: "receipts") { _ in throw Failure() }
        XCTAssertThrowsError(try made.read(failing)) { error in
            guard let error = error as? ColumnStoreError else { return XCTFail("\(error)") }
            XCTAssertFalse(ColdTable.isDamage(error), "\(error)")
        }
    }

    /// Where no hash is known, the snapshot's own number of rows tells a list that is not its own.
    func test_counts_ofAnotherList_areNotBelieved() throws {
        let made = try make()
        let (old, newest) = (try objects(of: made.versions[0]), try objects(of: made.versions[2]))
        XCTAssertEqual(try made.cold(made.bucket).counts().rowCount, 3)
        made.bucket.put(newest[1], try XCTUnwrap(made.bucket.objects[old[1]]))
        XCTAssertThrowsError(try made.cold(made.bucket).counts()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
    }
}

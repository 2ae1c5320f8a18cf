@testable import ColumnStore
import Dispatch
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Commits, and every state of a table as pyiceberg, DuckDB and polars read it.
final class TableTests: XCTestCase {
    private static let columns = [
        Field("id", .int64, isRequired: true), Field("business_day", .date, isRequired: true),
        Field("at", .timestamp(isUTC: true)), Field("name", .string), Field("price", .decimal(precision: 18, scale: 4)),
        Field("wide", .decimal(precision: 38, scale: 10)),
        Field(
            "lines",
            .list(
                element: Field(
                    "element",
                    .structure([Field("code", .string), Field("amount", .decimal(precision: 18, scale: 4))]), isRequired: true)),
            isRequired: true),
        Field("flag", .boolean), Field("ratio", .double), Field("document", .binary),
    ]

    private struct Fixture {
        let directory: TemporaryDirectory
        let storage: LocalStorage
        var table: Table
        /// Each with the version that it is read from, nil for time travel.
        var states: [(json: String, version: Int?)] = []
        var fileCount = 0

        init() throws {
            directory = try TemporaryDirectory()
            storage = try LocalStorage(root: directory.path + "/warehouse/receipts")
            table = try Table.create(
                storage, schema: Schema(TableTests.columns), sorting: [SortKey("business_day"), SortKey("id")],
                grouping: "business_day"
            ).table
        }

        /// A data file of rows that follow from their ids.
        mutating func write(_ ids: Range<Int>, schema: Schema? = nil) throws -> DataFile {
            let schema = schema ?? table.schema
            fileCount += 1
            let key = "data/f\(fileCount).parquet"
            let sink = try storage.create(key)
            var options = WriterOptions()
            options.columns["document"] = ColumnWriterOptions(hasBounds: false)
            let writer = try FileWriter(schema, options: options, to: sink)
            try writer.append(TableTests.batch(ids, schema))
            let written = try writer.finish()
            try sink.commit()
            return DataFile(written, location: storage.location(of: key), sortOrderID: 1)
        }

        /// Notes a state for the readers.
        mutating func note(_ name: String, _ ids: [Int], schema: Schema? = nil, snapshot: Int64? = nil, newColumns: Set<Int> = []) throws {
            let schema = schema ?? table.schema
            let path = "\(directory.path)/rows\(states.count).jsonl"
            let values = RandomTable(schema: schema, batches: [TableTests.batch(ids, schema, withNewColumns: newColumns)])
            let names = schema.fields.map { "\"\($0.name)\"" }.joined(separator: ",")
            try values.write(to: path, head: "[\(names)]")
            let metadata = "\(directory.path)/warehouse/receipts/metadata/v\(table.version).metadata.json"
            var state = #"{"name":"\#(name)","metadata":"\#(metadata)","rows":"\#(path)""#
            if schema.field(at: "lines.note") != nil { state += #","has_new_member":true"# }
            if let snapshot { state += #","snapshot":\#(snapshot)"# }
            states.append((state, snapshot == nil ? table.version : nil))
        }

        /// All states that were noted since, before files of theirs go: to begin is most of what readers take.
        mutating func readWithOthers(file: StaticString = #filePath, line: UInt = #line) throws {
            try readWithSpark(file: file, line: line)
            let path = try writeStates()
            states = []
            let result = try PythonReader.run("ColumnStoreTests/Readers/read_iceberg.py", [path])
            XCTAssertEqual(result.exitCode, 0, result.output, file: file, line: line)
        }

        /// By hand: with a Python that has script/requirements-spark.txt. It opens the newest state by its directory, so it is asked while a state is that.
        func readWithSpark(file: StaticString = #filePath, line: UInt = #line) throws {
            guard let python = ProcessInfo.processInfo.environment["TILL_SPARK_PYTHON"] else { return }
            let spark = try PythonReader.run("ColumnStoreTests/Readers/read_iceberg_spark.py", [try writeStates()], interpreter: python)
            XCTAssertEqual(spark.exitCode, 0, spark.output, file: file, line: line)
            print("Spark: \(spark.output.split(separator: Character("\n")).last ?? "")")
        }

        /// The file that tells readers what to expect.
        private func writeStates() throws -> String {
            let path = directory.path + "/states.json"
            let texts = states.map { state in
                // A directory shows the newest version only.
                let isNewest = state.version == table.version
                return state.json + (isNewest ? #","directory":"\#(directory.path)/warehouse/receipts"}"# : "}")
            }
            try ("[" + texts.joined(separator: ",") + "]").write(toFile: path, atomically: false, encoding: .utf8)
            return path
        }
    }

    private static func batch(_ ids: some Collection<Int>, _ schema: Schema, withNewColumns: Set<Int>? = nil) -> ColumnBatch {
        let columns = schema.fields.map { field in
            var builder = ColumnBuilder(type: field.type)
            for id in ids { builder.append(value(field, id, withNewColumns?.contains(id) ?? true)) }
            return builder.finish()
        }
        return ColumnBatch(rowCount: ids.count, columns: columns)
    }

    private static func value(_ field: Field, _ id: Int, _ hasNew: Bool) -> Value {
        var random = SplitMix64(state: UInt64(id) &* 31 &+ UInt64(field.name.utf8.count))
        switch field.name {
        case "id": return .integer(Int64(id))
        case "business_day": return .integer(Int64(20_000 + id / 50))
        case "name": return id % 7 == 0 ? .null : .string("Товар \(id % 40)")
        case "lines":
            guard case .list(let element) = field.type, case .structure(let members) = element.type else { return .null }
            return .list(
                (0..<id % 4).map { line in
                    .structure(
                        members.map { member in
                            switch member.name {
                            case "code": .string("C\(line)")
                            case "amount": .decimal(Int128(id * 100 + line))
                            default: hasNew ? .string("new \(id)") : .null
                            }
                        })
                })
        case "venue": return hasNew ? .string("V\(id % 3)") : .null
        default: return RandomTable.value(field, id, &random, 5)
        }
    }

    // MARK: States

    func test_commits_everyState_isReadByOthers() throws {
        var fixture = try Fixture()
        try fixture.note("empty", [])
        try fixture.readWithSpark()

        let first = try fixture.write(0..<200)
        let second = try fixture.write(200..<500)
        var commit = try fixture.table.append([first, second])
        fixture.table = commit.table
        let appendID = try XCTUnwrap(commit.snapshot?.id)
        let third = try fixture.write(500..<520)
        fixture.table = try fixture.table.append([third]).table
        try fixture.note("two appends", Array(0..<520))
        try fixture.note("first append", Array(0..<500), snapshot: appendID)
        try fixture.readWithSpark()
        let oldSchema = fixture.table.schema

        // Compaction.
        let merged = try fixture.write(200..<520)
        commit = try fixture.table.replace([second.location, third.location], with: [merged])
        fixture.table = commit.table
        XCTAssertEqual(commit.obsoleteKeys, [])
        XCTAssertEqual(try fixture.table.counts().rowCount, 520)
        XCTAssertEqual(try fixture.table.files().count, 2)
        try fixture.note("compacted", Array(0..<520))
        try fixture.note("before compaction", Array(0..<500), snapshot: appendID)
        try fixture.readWithSpark()

        // More columns, one of them inside the list.
        let replaceID = try XCTUnwrap(commit.snapshot?.id)
        fixture.table = try fixture.table.addColumns([
            (into: ColumnPath([]), field: Field("venue", .string)), (into: "lines", field: Field("note", .string)),
        ]).table
        try fixture.note("columns added", Array(0..<520))
        try fixture.readWithSpark()
        fixture.table = try fixture.table.append([try fixture.write(600..<700)]).table
        try fixture.note("rows with new columns", Array(0..<520) + Array(600..<700), newColumns: Set(600..<700))
        try fixture.note("before the new columns", Array(0..<520), schema: oldSchema, snapshot: replaceID)
        try fixture.readWithOthers()

        // Expiry: the merged files go, the others stay.
        let expiry = try XCTUnwrap(try fixture.table.expireSnapshots(before: .max))
        fixture.table = expiry.table
        try fixture.table.delete(expiry.obsoleteKeys, .named("the test"))
        XCTAssertEqual(fixture.table.metadata.snapshots.count, 1)
        for file in [second, third] {
            XCTAssertNil(try fixture.storage.byteCount(of: XCTUnwrap(fixture.storage.key(ofLocation: file.location))))
        }
        try fixture.note("expired", Array(0..<520) + Array(600..<700), newColumns: Set(600..<700))
        try fixture.readWithOthers()

        // Erasure of a file's rows.
        var change = Table.Change(.overwrite)
        change.removed = [first.location]
        change.added = [try fixture.write(0..<199)]
        change.endsHistory = true
        let erasure = try fixture.table.commit(change)
        fixture.table = erasure.table
        try fixture.table.delete(erasure.obsoleteKeys, .named("the test"))
        let left = Array(0..<199) + Array(200..<520) + Array(600..<700)
        try fixture.note("erased", left, newColumns: Set(0..<199).union(600..<700))
        try fixture.readWithSpark()
        XCTAssertEqual(Set(try keys(fixture.storage)), try reachable(fixture.table))

        // All rows deleted.
        change = Table.Change(.delete)
        change.removed = Set(try fixture.table.files().map(\.location))
        fixture.table = try fixture.table.commit(change).table
        try fixture.note("deleted", [])
        try fixture.readWithOthers()
    }

    private func keys(_ storage: LocalStorage) throws -> [String] {
        var keys: [String] = []
        try storage.list(prefix: "") { (object) throws(ColumnStoreError) in keys.append(object.key) }
        return keys
    }

    private func reachable(_ table: Table) throws -> Set<String> {
        var keys: Set<String> = [Table.hintKey, Table.metadataKey(table.version)]
        for entry in table.metadata.metadataLog { keys.insert(try table.ownKey(entry.location)) }
        for snapshot in table.metadata.snapshots {
            keys.insert(try table.ownKey(snapshot.manifestList))
            for manifest in try table.manifests(of: snapshot) {
                keys.insert(try table.ownKey(manifest.location))
                for entry in try table.entries(of: manifest) where entry.status != .deleted {
                    keys.insert(try table.ownKey(entry.file.location))
                }
            }
        }
        return keys
    }

    // MARK: Planning

    func test_plan_filters_readFewManifestsAndNoFileTooFew() throws {
        var fixture = try Fixture()
        var files: [DataFile] = []
        for day in 0..<30 { files.append(try fixture.write(day * 50..<day * 50 + 50)) }
        for file in files { fixture.table = try fixture.table.append([file]).table }
        let snapshot = try XCTUnwrap(fixture.table.metadata.currentSnapshot)
        XCTAssertEqual(try fixture.table.manifests(of: snapshot).count, 1, "small manifests are merged")
        let reopened = try Table.open(fixture.storage, version: fixture.table.version)
        func planned(_ filters: ColumnFilter...) throws -> [String] { try reopened.files(filters).map(\.location) }
        XCTAssertEqual(try planned(ColumnFilter("business_day", .equal(.integer(20_007)))), [files[7].location])
        XCTAssertEqual(try planned(ColumnFilter("id", .range(lower: .init(.integer(1_495), isInclusive: true), upper: nil))), [files[29].location])
        XCTAssertEqual(try planned(ColumnFilter("name", .equal(.string("Яблуко")))), [])
        XCTAssertEqual(try planned(ColumnFilter("name", .isNull)).count, 30)
        XCTAssertEqual(try planned(ColumnFilter("id", .isNull)), [])
        XCTAssertEqual(try planned(ColumnFilter("document", .equal(.bytes([0])))).count, 30)
        XCTAssertEqual(try planned(ColumnFilter("lines.amount", .equal(.decimal(1)))).count, 30)
        let high = try planned(ColumnFilter("ratio", .range(lower: .init(.double(1e300), isInclusive: true), upper: nil)))
        let ratioID = try XCTUnwrap(reopened.schema["ratio"]?.id)
        for file in files where file.nanCounts?[ratioID] != 0 { XCTAssert(high.contains(file.location), "NaN is above all numbers") }
        XCTAssertEqual(try planned(ColumnFilter("no such", .isNull)).count, 30)
    }

    /// Manifests of many files are neither read nor written by an append: they may lie in nobody's way.
    func test_checkAppend_failsWhereAnAppendWould_andNowhereElse() throws {
        let fixture = try Fixture()
        func named(_ numbers: Range<Int>) -> [DataFile] {
            numbers.map { DataFile(location: fixture.storage.location(of: "data/\($0).parquet"), recordCount: 1, byteCount: 1) }
        }
        func manifests(_ table: Table) throws -> [ManifestFile] { try table.manifests(of: try XCTUnwrap(table.metadata.currentSnapshot)) }
        func remove(_ manifest: ManifestFile) throws { try FileManager.default.removeItem(atPath: String(manifest.location.dropFirst("file://".count))) }
        XCTAssertNoThrow(try fixture.table.checkAppend(), "of a table without files")
        let first = try fixture.table.append(named(0..<200)).table
        let second = try first.append(named(200..<210)).table
        XCTAssertEqual(try manifests(second).map(\.liveFileCount).sorted(), [10, 200])
        try remove(try XCTUnwrap(manifests(first).first))
        // With nothing of it in memory.
        let reopened = try Table.open(fixture.storage, version: second.version)
        XCTAssertThrowsError(try reopened.files())
        XCTAssertNoThrow(try reopened.checkAppend())
        let third = try reopened.append(named(210..<211)).table
        try remove(try XCTUnwrap(manifests(third).first { $0.liveFileCount < 200 }))
        let last = try Table.open(fixture.storage, version: third.version)
        XCTAssertThrowsError(try last.checkAppend()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound, "\($0)") }
        XCTAssertThrowsError(try last.append(named(211..<212))) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound, "\($0)") }
    }

    // MARK: Conflicts and crashes

    func test_commit_fromAnOldVersion_isAConflict() throws {
        var fixture = try Fixture()
        let old = fixture.table
        let first = try fixture.write(0..<10)
        let second = try fixture.write(10..<20)
        let commit = try old.append([first])
        let before = Set(try keys(fixture.storage))
        XCTAssertThrowsError(try old.append([second])) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict) }
        XCTAssertEqual(Set(try keys(fixture.storage)), before, "the loser takes its manifests back")
        XCTAssertThrowsError(try commit.table.replace([second.location], with: [])) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict)
        }
        XCTAssertThrowsError(try commit.table.replace([first.location], with: [])) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest)
        }
        XCTAssertThrowsError(try commit.table.append([DataFile(location: "file:///elsewhere/x", recordCount: 1, byteCount: 1)]))
        XCTAssertThrowsError(try Table.create(fixture.storage, schema: Schema(Self.columns))) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .conflict)
        }
        XCTAssertEqual(try Table.newestVersion(fixture.storage), 2)
    }

    func test_commit_fromManyThreadsAtOnce_oneWins() throws {
        let fixture = try Fixture()
        let table = fixture.table
        let outcomes = Mutex<[ColumnStoreError.Code?]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            do throws(ColumnStoreError) {
                let file = DataFile(location: table.storage.location(of: "data/\(number).parquet"), recordCount: 1, byteCount: 1)
                _ = try table.append([file])
                outcomes.withLock { $0.append(nil) }
            } catch {
                outcomes.withLock { $0.append(error.code) }
            }
        }
        let codes = outcomes.withLock { $0 }
        XCTAssertEqual(codes.filter { $0 == nil }.count, 1)
        XCTAssertEqual(codes.filter { $0 == .conflict }.count, 7)
        let next = try Table.open(table.storage, version: 2)
        XCTAssertEqual(try next.counts().fileCount, 1)
        XCTAssertEqual(try next.removingOrphans(before: .max), [], "losers take their manifests back")
    }

    /// What S3 gives is enough: no rename, no listing but for orphans.
    func test_commits_overAnObjectStoreWithoutFiles_work() throws {
        let storage = ObjectStoreDouble()
        var table = try Table.create(storage, schema: Schema(Self.columns), grouping: "business_day").table
        for number in 0..<5 {
            let sink = storage.create("data/\(number).parquet")
            let writer = try FileWriter(table.schema, to: sink)
            try writer.append(Self.batch(number * 10..<number * 10 + 10, table.schema))
            let file = try writer.finish()
            try sink.commit()
            table = try table.append([DataFile(file, location: storage.location(of: "data/\(number).parquet"), sortOrderID: nil)]).table
        }
        let reopened = try Table.open(storage, version: try XCTUnwrap(try Table.newestVersion(storage)))
        let files = try reopened.files([ColumnFilter("id", .equal(.integer(23)))])
        XCTAssertEqual(files.map(\.location), ["s3://bucket/receipts/data/2.parquet"])
        let parquet = try ParquetFile(try reopened.open(files[0]))
        XCTAssertEqual(parquet.rowCount, 10)
        XCTAssertEqual(storage.listingCount, 0)
        let expiry = try XCTUnwrap(try table.expireSnapshots(before: .max))
        try expiry.table.delete(expiry.obsoleteKeys, .named("the test"))
        XCTAssertEqual(try expiry.table.removingOrphans(before: .max), [])
        XCTAssertEqual(storage.listingCount, 3)
    }

    /// A cache has an object that stood there before the right one was put back: already the first question is answered.
    func test_parquet_ofAnObjectThatACacheHasWrong_isAskedForAgain() throws {
        let storage = ObjectStoreDouble()
        let (table, key) = (try Table.create(storage, schema: Schema(Self.columns)).table, "data/1.parquet")
        let sink = storage.create(key)
        let writer = try FileWriter(table.schema, to: sink)
        try writer.append(Self.batch(0..<10, table.schema))
        let file = DataFile(try writer.finish(), location: storage.location(of: key), sortOrderID: nil)
        try sink.commit()
        let right = try XCTUnwrap(storage.objects[key])
        let made = try table.append([file]).table
        var damaged = right
        damaged[right.count - 6] ^= 0xFF
        for wrong in [Array(right.dropLast()), damaged, Array(repeating: 0, count: right.count)] {
            storage.cache(key, wrong)
            XCTAssertEqual(try made.parquet(file).rowCount, 10)
            // What the storage itself has wrong is wrong, and nobody keeps it.
            storage.put(key, wrong)
            XCTAssertThrowsError(try made.parquet(file))
            storage.put(key, right)
            XCTAssertEqual(try made.parquet(file).rowCount, 10)
        }
    }

    /// A conditional put whose answer was lost is sent again, and meets what it has stored itself.
    func test_commits_whosePutsAreRepeated_areNoConflictWithThemselves() throws {
        let storage = ObjectStoreDouble()
        storage.loseAnswers(true)
        let table = try Table.create(storage, schema: Schema(Self.columns)).table
        func file(_ number: Int) -> DataFile {
            var file = DataFile(location: storage.location(of: "data/\(number).parquet"), recordCount: 5, byteCount: 10)
            file.valueCounts = [:]
            return file
        }
        let next = try table.append([file(1)]).table
        XCTAssertThrowsError(try table.append([file(2)]), "another's commit of the same version") { error in
            XCTAssertEqual((error as? ColumnStoreError)?.code, .conflict)
        }
        let reopened = try Table.open(storage, version: 2)
        XCTAssertEqual(try reopened.files([]).map(\.location), try next.files([]).map(\.location))
        XCTAssertEqual(try reopened.files([]).map(\.location), ["s3://bucket/receipts/data/1.parquet"])
    }

    func test_commit_order_isFilesThenMetadataThenHint() throws {
        let directory = try TemporaryDirectory()
        let system = PowerCutFileSystem()
        let storage = try LocalStorage(root: directory.path + "/t", calls: system)
        let table = try Table.create(storage, schema: Schema(Self.columns)).table
        var file = DataFile(location: storage.location(of: "data/x.parquet"), recordCount: 5, byteCount: 10)
        file.valueCounts = [:]
        let start = system.log.count
        let commit = try table.append([file])
        let id = try XCTUnwrap(commit.snapshot?.id)
        let steps = system.log[start...].filter { $0.hasPrefix("link") || $0.hasPrefix("rename") || $0.hasPrefix("fsync") }
        XCTAssertEqual(
            Array(steps),
            [
                "fsync", "link m\(id)-0.avro", "fsync directory metadata", "fsync", "link snap-\(id).avro", "fsync directory metadata",
                "fsync", "link v2.metadata.json", "fsync directory metadata", "fsync", "rename version-hint.text",
                "fsync directory metadata",
            ])
        XCTAssertEqual(commit.written.map(\.key), ["metadata/m\(id)-0.avro", "metadata/snap-\(id).avro", "metadata/v2.metadata.json"])
        for object in commit.written {
            XCTAssertEqual(SHA256.hash(try storage.get(object.key, byteCountMax: 1 << 20)), object.sha256)
        }
        XCTAssertEqual(try storage.get(Table.hintKey, byteCountMax: 10), Array("2".utf8))
    }

    /// Cut off after each system call: the old version is whole, or the new one is; discarding the new one leaves the old.
    func test_commit_interruptedAtEachCall_leavesOldOrNew() throws {
        var step = 0
        var outcomes: [Int: Int] = [:]
        while true {
            let directory = try TemporaryDirectory()
            let system = PowerCutFileSystem()
            let storage = try LocalStorage(root: directory.path + "/t", calls: system)
            let empty = try Table.create(storage, schema: Schema(Self.columns), grouping: "business_day").table
            func file(_ number: Int) -> DataFile {
                DataFile(location: storage.location(of: "data/\(number).parquet"), recordCount: 5, byteCount: 10)
            }
            let table = try empty.append([file(1), file(2)]).table
            system.fail(after: step)
            var isDone = true
            do {
                _ = try table.replace([file(1).location, file(2).location], with: [DataFile(location: storage.location(of: "data/3.parquet"), recordCount: 10, byteCount: 10)])
            } catch {
                isDone = false
            }
            try system.writeSurvivors(of: directory.path + "/t", to: directory.path + "/after")
            for root in ["/t", "/after"] {
                // The survivors' paths name the first root: read them there.
                if root == "/after" {
                    try FileManager.default.removeItem(atPath: directory.path + "/t")
                    try FileManager.default.moveItem(atPath: directory.path + "/after", toPath: directory.path + "/t")
                }
                let after = try LocalStorage(root: directory.path + "/t")
                let version = try XCTUnwrap(try Table.newestVersion(after))
                if isDone { XCTAssertEqual(version, 3) }
                outcomes[version, default: 0] += 1
                let newest = try Table.open(after, version: version)
                XCTAssertEqual(try newest.counts().rowCount, 10)
                XCTAssertEqual(try newest.files().count, version == 3 ? 1 : 2, "step \(step)")
                let catalog = try Table.open(after, version: 2)
                XCTAssertEqual(try catalog.newerVersions(), version == 3 ? [3] : [])
                try catalog.discardNewerVersions()
                XCTAssertEqual(try catalog.files().count, 2)
                XCTAssertEqual(try Table.newestVersion(after), 2)
                let orphans = try catalog.removingOrphans(before: .max)
                XCTAssert(orphans.allSatisfy { $0.key.hasPrefix("metadata/") })
                XCTAssertEqual(Set(try keys(after)), try reachable(catalog).subtracting(["data/1.parquet", "data/2.parquet"]))
            }
            if isDone { break }
            step += 1
        }
        XCTAssertGreaterThan(outcomes[2] ?? 0, 10)
        XCTAssertGreaterThan(outcomes[3] ?? 0, 3)
    }

    // MARK: Expiry and orphans

    func test_expireSnapshots_withinRetention_keepsFiles() throws {
        var fixture = try Fixture()
        let first = try fixture.write(0..<10)
        let second = try fixture.write(10..<20)
        let day: Int64 = 86_400_000
        let start: Int64 = 2_000_000_000_000
        let append = try fixture.table.append([first, second], now: start)
        let merged = try fixture.write(0..<20)
        let replace = try append.table.replace([first.location, second.location], with: [merged], now: start + 20 * day)
        // The appended state was current until it was replaced: its age counts from then.
        XCTAssertNil(try replace.table.expireSnapshots(before: start + 19 * day))
        XCTAssertNil(try replace.table.expireSnapshots(before: .max, protecting: [XCTUnwrap(append.snapshot?.id)]))
        let expiry = try XCTUnwrap(try replace.table.expireSnapshots(before: start + 21 * day))
        XCTAssert(expiry.obsoleteKeys.contains("data/f1.parquet"))
        XCTAssert(expiry.obsoleteKeys.contains("data/f2.parquet"))
        XCTAssertFalse(expiry.obsoleteKeys.contains("data/f3.parquet"))
        XCTAssertNotNil(try fixture.storage.byteCount(of: "data/f1.parquet"), "deleted only when the caller says so")
        try expiry.table.delete(expiry.obsoleteKeys, .named("the test"))
        XCTAssertEqual(Set(try keys(fixture.storage)), try reachable(expiry.table))
    }

    /// Whoever was led to a metadata file, by the hint or by its path, has the time of retention from when the next one took its place.
    func test_expireSnapshots_metadataFiles_areAsOldAsTheirReplacement() throws {
        var fixture = try Fixture()
        let day: Int64 = 86_400_000
        let start: Int64 = 2_000_000_000_000
        let first = try fixture.write(0..<10)
        let append = try fixture.table.append([first], now: start).table
        let merged = try fixture.write(0..<10)
        let replace = try append.replace([first.location], with: [merged], now: start + 20 * day).table
        let expiry = try XCTUnwrap(try replace.expireSnapshots(before: start + 20 * day + 1, now: start + 27 * day))
        XCTAssert(expiry.obsoleteKeys.contains(Table.metadataKey(append.version)))
        XCTAssertFalse(expiry.obsoleteKeys.contains(Table.metadataKey(replace.version)), "it was the newest until now")
        try expiry.table.delete(expiry.obsoleteKeys, .named("the test"))
        XCTAssertEqual(Set(try keys(fixture.storage)), try reachable(expiry.table))
    }

    /// A log with a gap would name, for a time within the gap, the snapshot before it.
    func test_expireSnapshots_protectingAnOlderOne_leavesNoGapInTheLog() throws {
        var fixture = try Fixture()
        let day: Int64 = 86_400_000
        let start: Int64 = 2_000_000_000_000
        let first = try fixture.table.append([try fixture.write(0..<10)], now: start)
        let second = try first.table.append([try fixture.write(10..<20)], now: start + day)
        let third = try second.table.append([try fixture.write(20..<30)], now: start + 2 * day)
        let oldest = try XCTUnwrap(first.snapshot)
        let expiry = try XCTUnwrap(try third.table.expireSnapshots(before: start + 3 * day, protecting: [oldest.id]))
        let metadata = expiry.table.metadata
        XCTAssertEqual(metadata.snapshots.map(\.id), [oldest.id, third.snapshot?.id])
        XCTAssertEqual(metadata.snapshotLog.map(\.snapshotID), [third.snapshot?.id])
        XCTAssertNil(metadata.snapshot(at: start + day + 1), "the second one was current then")
        XCTAssertEqual(metadata.snapshot(at: start + 2 * day)?.id, third.snapshot?.id)
    }

    /// Spark's reader of vectors fails on files of ours, and nobody should have to know.
    func test_properties_ofANewTableAndOfOneThatHadNone_letSparkReadByRows() throws {
        var fixture = try Fixture()
        let name = "read.parquet.vectorization.enabled"
        XCTAssertEqual(fixture.table.metadata.properties[name], "false")
        var metadata = fixture.table.metadata
        metadata.properties[name] = nil
        let old = Table(storage: fixture.storage, version: fixture.table.version, metadata: metadata, cache: ManifestCache())
        XCTAssertEqual(try old.append([try fixture.write(0..<10)]).table.metadata.properties[name], "false")
    }

    func test_removeOrphans_takesOnlyWhatNobodyKnows() throws {
        var fixture = try Fixture()
        fixture.table = try fixture.table.append([try fixture.write(0..<10)]).table
        let known = Set(try keys(fixture.storage))
        _ = try fixture.write(10..<20)
        try fixture.storage.putIfAbsent("data/half.parquet.1-1.tmp", [1])
        try fixture.storage.putIfAbsent("metadata/m1-0.avro", [1])
        XCTAssertEqual(try fixture.table.removingOrphans(before: 0), [])
        let kept = try fixture.table.removingOrphans(before: .max) { $0 == "data/f2.parquet" }
        XCTAssertEqual(Set(kept.map(\.key)), ["data/half.parquet.1-1.tmp", "metadata/m1-0.avro"])
        XCTAssertEqual(try fixture.table.removingOrphans(before: .max).map(\.key), ["data/f2.parquet"])
        XCTAssertEqual(Set(try keys(fixture.storage)), known)
    }

    func test_addColumns_whatWouldChangeOldRows_isRefused() throws {
        let fixture = try Fixture()
        for (path, field) in [
            (ColumnPath([]), Field("name", .string)), (ColumnPath([]), Field("must", .string, isRequired: true)),
            (ColumnPath("name"), Field("x", .string)), (ColumnPath("nothing"), Field("x", .string)),
            (ColumnPath([]), Field("span", .interval)),
        ] {
            XCTAssertThrowsError(try fixture.table.addColumns([(into: path, field: field)])) {
                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest)
            }
        }
        let next = try fixture.table.addColumns([(into: "lines", field: Field("vat", .decimal(precision: 9, scale: 4)))]).table
        XCTAssertEqual(next.schema.field(at: "lines.vat")?.id, fixture.table.metadata.lastColumnID + 1)
        XCTAssertEqual(next.schema.field(at: "lines.code")?.id, fixture.table.schema.field(at: "lines.code")?.id)
    }

    /// A whole Parquet file under another's name: each of what a manifest says of a file tells it, by itself and by one.
    func test_parquet_ofAFileThatIsNotTheManifests_isRefused() throws {
        var fixture = try Fixture()
        let file = try fixture.write(0..<50)
        XCTAssertEqual(try fixture.table.parquet(file).metadata.rowCount, 50)
        for (rows, bytes, groups) in [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)] as [(Int64, Int64, Int)] {
            var other = DataFile(location: file.location, recordCount: file.recordCount + rows, byteCount: file.byteCount + bytes)
            other.splitOffsets = [Int64](repeating: 4, count: 1 + groups)
            XCTAssertThrowsError(try fixture.table.parquet(other), "\(rows) rows, \(bytes) bytes, \(groups) row groups more") {
                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile)
                XCTAssertTrue("\($0)".contains("not the file that was written"), "\($0)")
            }
        }
    }

    /// Rows that another engine has deleted would be answered.
    func test_entries_ofAManifestOfDeleteFiles_areRefused() throws {
        let fixture = try Fixture()
        var row = ManifestFile(
            location: "m.avro", byteCount: 0, specID: 0, holdsDeletes: true, sequenceNumber: 1, minSequenceNumber: 1, addedSnapshotID: 1,
            addedFileCount: 1, existingFileCount: 0, deletedFileCount: 0, addedRowCount: 1, existingRowCount: 0, deletedRowCount: 0, bounds: nil)
        let list = try ManifestWriter.manifestList([row], snapshotID: 1, parentID: nil, sequenceNumber: 1)
        row = try XCTUnwrap(ManifestReader.manifests(list, path: "snap").first)
        XCTAssertTrue(row.holdsDeletes)
        XCTAssertThrowsError(try fixture.table.entries(of: row)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unsupportedFeature) }
    }

    func test_create_directoryThatBreaksReaders_isRefused() throws {
        let directory = try TemporaryDirectory()
        for name in ["a#b", "a?b", "a:b"] {
            XCTAssertThrowsError(
                try Table.create(try LocalStorage(root: "\(directory.path)/\(name)"), schema: Schema(Self.columns)))
        }
    }
}

extension Table {
    /// Removes what `orphans` finds.
    fileprivate func removingOrphans(before cutoff: Int64, isProtected: (String) -> Bool = { _ in false }) throws -> [StoredObject] {
        let orphans = try orphans(before: cutoff, isProtected: isProtected)
        try delete(orphans.map(\.key), .named("the test"))
        return orphans
    }
}

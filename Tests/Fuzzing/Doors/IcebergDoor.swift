import ColumnStore
import Synchronization

/// A table of Iceberg with one of its objects replaced: the metadata, the manifest list, or a manifest. The first byte says which.
extension Door {
    static let iceberg = Door(
        name: "iceberg",
        seeds: { try IcebergSeed.shared.get().objects.enumerated().map { [UInt8($0.offset)] + $0.element.bytes } },
        fuzz: { input in
            guard let first = input.first else { return }
            let seed = try IcebergSeed.shared.get()
            let storage = MemoryObjects(Dictionary(uniqueKeysWithValues: seed.objects.map { ($0.key, $0.bytes) }))
            storage.put(seed.objects[Int(first) % seed.objects.count].key, Array(input.dropFirst()))
            let table = try Table.open(storage, version: seed.version)
            // Each by itself: one that is refused must not keep the others from being tried.
            _ = Result { try table.files([ColumnFilter("n", .equal(.integer(3))), ColumnFilter("d", .equal(.decimal(3)))]) }
            _ = Result { try table.counts() }
            _ = Result { try table.orphans(before: .max) }
            _ = Result { try table.addColumns([(into: ColumnPath([]), field: Field("more", .string))], now: 5) }
            _ = Result { try table.append([DataFile(location: storage.location(of: "data/x.parquet"), recordCount: .max, byteCount: .max)]) }
            _ = Result { try table.expireSnapshots(before: .max) }
            try table.plan { (file) throws(ColumnStoreError) in for field in table.schema.fields { _ = file.bounds(of: field) } }
        })
}

/// A table with rows in some files, as Till writes it.
private struct IcebergSeed {
    var objects: [(key: String, bytes: [UInt8])]
    var version: Int

    static let shared: Result<IcebergSeed, any Error> = Result {
        let storage = MemoryObjects([:])
        let schema = Schema(ParquetSeeds.schema.fields.prefix(5).map(\.withoutIDs))
        var table = try Table.create(storage, schema: schema, sorting: [SortKey("n")], now: 1).table
        for number in 0..<3 {
            let sink = MemorySink()
            let writer = try FileWriter(table.schema, to: sink)
            var builders = table.schema.fields.map { ColumnBuilder(type: $0.type) }
            for row in 0..<5 { for (index, value) in ParquetSeeds.row(row + number * 5).prefix(5).enumerated() { builders[index].append(value) } }
            var columns: [Column] = []
            for index in builders.indices { columns.append(builders[index].finish()) }
            try writer.append(ColumnBatch(rowCount: 5, columns: columns))
            let file = DataFile(try writer.finish(), location: storage.location(of: "data/\(number).parquet"), sortOrderID: 1)
            table = try table.append([file], now: Int64(2 + number)).table
        }
        let wanted = storage.all.filter { $0.key.hasPrefix("metadata/") }.sorted { $0.key < $1.key }.map { (key: $0.key, bytes: $0.value) }
        return IcebergSeed(objects: wanted, version: table.version)
    }
}

/// Objects in memory, without the promises of a disk.
private final class MemoryObjects: ObjectStorage {
    private let objects: Mutex<[String: [UInt8]]>
    private static let prefix = "file:///t/"

    init(_ objects: [String: [UInt8]]) { self.objects = Mutex(objects) }

    var all: [String: [UInt8]] { objects.withLock { $0 } }

    func location(of key: String) -> String { Self.prefix + key }
    func key(ofLocation location: String) -> String? { location.hasPrefix(Self.prefix) ? String(location.dropFirst(Self.prefix.count)) : nil }
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        let isNew = objects.withLock { objects in
            if objects[key] != nil { return false }
            objects[key] = bytes
            return true
        }
        guard isNew else { throw ColumnStoreError(.conflict, path: key, "is there") }
    }
    func put(_ key: String, _ bytes: [UInt8]) { objects.withLock { $0[key] = bytes } }
    func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink { throw ColumnStoreError(.io, path: key, "nothing is written here") }
    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] {
        guard let bytes = objects.withLock({ $0[key] }) else { throw ColumnStoreError(.notFound, path: key, "not found") }
        return bytes
    }
    func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] {
        Array(try get(key, byteCountMax: .max).dropFirst(Int(clamping: range.lowerBound)).prefix(range.count))
    }
    func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { MemoryBytes(try get(key, byteCountMax: .max), name: key) }
    func byteCount(of key: String) -> Int64? { objects.withLock { $0[key].map { Int64($0.count) } } }
    func delete(_ key: String, _ proof: RemovalProof) { objects.withLock { $0[key] = nil } }
    func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) {
        for (key, bytes) in all where key.hasPrefix(prefix) {
            try body(StoredObject(key: key, byteCount: Int64(bytes.count), modifiedMilliseconds: 0))
        }
    }
}

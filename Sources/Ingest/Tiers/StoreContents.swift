import ColumnStore
import Documents
internal import Glibc

/// A file with rows in it.
///
/// For the inventory of a store, and the schema `till`.
package struct StoredFile: Sendable {
    package enum Tier: String, Sendable, CaseIterable { case hot, cold }

    package let tier: Tier
    /// Nil: of all tables.
    package let table: String?
    /// A path or a location.
    package let path: String
    package let byteCount: Int64
    package let rowCount: Int64
    /// Days since 1970.
    package let firstDay: Int32?
    package let lastDay: Int32?
    /// An object: of each column that has them its least and greatest value; empty where none is known. Long texts are cut.
    package let bounds: [UInt8]

    package init(tier: Tier, table: String?, path: String, byteCount: Int64, rowCount: Int64, firstDay: Int32?, lastDay: Int32?, bounds: [UInt8]) {
        (self.tier, self.table, self.path, self.byteCount, self.rowCount) = (tier, table, path, byteCount, rowCount)
        (self.firstDay, self.lastDay, self.bounds) = (firstDay, lastDay, bounds)
    }
}

/// A state of a cold table that can still be read.
package struct StoredSnapshot: Sendable {
    package let table: String
    package let id: Int64
    package let parentID: Int64?
    package let sequenceNumber: Int64
    /// Microseconds since 1970.
    package let committedAt: Int64
    package let operation: String?
    /// Its other figures, by name.
    package let summary: [(name: String, value: String)]

    package init(
        table: String, id: Int64, parentID: Int64?, sequenceNumber: Int64, committedAt: Int64, operation: String?, summary: [(name: String, value: String)]
    ) {
        (self.table, self.id, self.parentID, self.sequenceNumber) = (table, id, parentID, sequenceNumber)
        (self.committedAt, self.operation, self.summary) = (committedAt, operation, summary)
    }
}

/// A cold table as engines outside read it.
package struct WarehouseTable: Sendable {
    package let name: String
    /// As they open it.
    package let metadataLocation: String
    /// The JSON that is there.
    package let metadata: [UInt8]
    /// Of the folders in which its files lie, metadata and data.
    package let locations: [String]

    package init(name: String, metadataLocation: String, metadata: [UInt8], locations: [String]) {
        (self.name, self.metadataLocation, self.metadata, self.locations) = (name, metadataLocation, metadata, locations)
    }

    /// - Parameter others: where data lies that is another table's.
    init(_ name: String, _ table: Table, others: [any ObjectStorage] = []) throws {
        let (folder, locations) = ("data", ([table.storage] + others).map { $0.location(of: "data") })
        self.init(
            name: name, metadataLocation: table.metadataLocation, metadata: try table.metadataBytes(),
            locations: locations.map { String($0.dropLast(folder.utf8.count)) })
    }
}

/// What a store's snapshot consists of.
///
/// Figures of one snapshot. `hotFiles` and `snapshots` read nothing; `coldFiles` reads manifests.
struct StoreContents {
    let snapshot: TierBoundary.Snapshot

    var coldTableNames: [String] { snapshot.warehouse.map(\.name) }

    private func cold(_ name: String) -> ColdTable? { snapshot.warehouse.first { $0.name == name }?.table }

    func hotFiles() -> [StoredFile] {
        snapshot.files.map { file in
            let state = file.state
            // What waits in the log counts, too: it is where the newest rows are.
            let byteCount = ["", "-wal"].reduce(Int64(0)) { $0.addingSaturating(Self.size(of: file.path + $1)) }
            return StoredFile(
                tier: .hot, table: nil, path: file.path, byteCount: byteCount, rowCount: state.rowCount, firstDay: state.days.min(), lastDay: state.days.max(),
                bounds: Array("{}".utf8))
        }
    }

    private static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// - Parameter showsBounds: whether a column's least and greatest value may be shown.
    func coldFiles(of name: String, showsBounds: (_ column: String) -> Bool) throws -> [StoredFile] {
        guard let table = cold(name)?.iceberg else { return [] }
        return try table.files().map { file in
            let bounds = table.bounds(of: file)
            let days = bounds.first { $0.field.name == "business_day" }
            return StoredFile(
                tier: .cold, table: name, path: file.location, byteCount: file.byteCount, rowCount: file.recordCount, firstDay: Self.day(days?.minimum),
                lastDay: Self.day(days?.maximum), bounds: Self.text(bounds.filter { showsBounds($0.field.name) }))
        }
    }

    private static func day(_ value: Value?) -> Int32? {
        if case .integer(let day)? = value { Int32(exactly: day) } else { nil }
    }

    private static func text(_ bounds: [ColumnBounds]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        for column in bounds {
            json.key(column.field.name)
            json.beginObject()
            json.key("min")
            json.raw(JSONForm.text(column.minimum ?? .null, column.field.type).utf8)
            json.key("max")
            json.raw(JSONForm.text(column.maximum ?? .null, column.field.type).utf8)
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    /// Of Iceberg, in the order of the table's metadata; none for a table that is not there.
    func snapshots(of name: String) -> [StoredSnapshot] {
        guard let metadata = cold(name)?.iceberg.metadata else { return [] }
        return metadata.snapshots.map { snapshot in
            StoredSnapshot(
                table: name, id: snapshot.id, parentID: snapshot.parentID, sequenceNumber: snapshot.sequenceNumber,
                committedAt: snapshot.timestampMilliseconds.multipliedSaturating(by: 1_000), operation: snapshot.summary["operation"],
                summary: snapshot.summary.filter { $0.key != "operation" }.map { ($0.key, $0.value) }.sorted { $0.name < $1.name })
        }
    }
}

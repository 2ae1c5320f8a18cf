import ColumnStore

/// The cold tables of a store: one Iceberg table for each table name, under DATA/warehouse.
final class ColdTier: Sendable {
    private let directory: DataDirectory
    private let catalog: Catalog
    private let calls: any FileSystemCalls

    init(directory: DataDirectory, catalog: Catalog, calls: any FileSystemCalls) throws {
        self.directory = directory
        self.catalog = catalog
        self.calls = calls
    }

    func storage(_ table: String) throws -> LocalStorage { try LocalStorage(root: "\(directory.warehousePath)/\(table)", calls: calls) }

    /// Every cold table at the version that the catalog names. A newer metadata file is of a commit that the catalog never took: it
    /// goes, and its rows are still in their hot files.
    func open() throws -> [String: ColdTable] {
        var tables: [String: ColdTable] = [:]
        for (name, version) in try catalog.coldVersions() {
            let iceberg = try Table.open(try storage(name), version: version)
            try iceberg.discardNewerVersions()
            tables[name] = ColdTable(name: name, iceberg: iceberg)
        }
        return tables
    }

    /// The table to append to: made when there is none, widened when types have added columns since.
    ///
    /// - Parameter created: takes what was written on the way.
    func prepare(
        _ name: String, present: ColdTable?, columns: [Field], _ created: inout [WrittenObject]
    ) throws -> ColdTable {
        guard let present else { return try create(name, columns, &created) }
        // An attempt that failed between its commit and the catalog left a version behind, which would be in this one's way.
        try present.iceberg.discardNewerVersions()
        let added = Self.missing(columns, in: present.iceberg.schema.fields, at: [])
        guard !added.isEmpty else { return present }
        let commit = try present.iceberg.addColumns(added)
        created += commit.written
        return present.next(commit.table)
    }

    private func create(_ name: String, _ columns: [Field], _ created: inout [WrittenObject]) throws -> ColdTable {
        let storage = try storage(name)
        // Metadata that no catalog names is of a first commit that a crash cut off.
        var left: [String] = []
        try storage.list(prefix: "metadata/") { object in left.append(object.key) }
        for key in left.sorted(by: >) { try storage.delete(key) }
        let commit = try Table.create(
            storage, schema: StandardColumns.schema(typeColumns: columns), sorting: ColdOrder.sorting, grouping: "business_day")
        created += commit.written
        return ColdTable(name: name, iceberg: commit.table)
    }

    /// What the table lacks of its types' columns, with where it goes.
    private static func missing(_ wanted: [Field], in present: [Field], at path: [String]) -> [(into: ColumnPath, field: Field)] {
        var missing: [(into: ColumnPath, field: Field)] = []
        for field in wanted {
            guard let known = present.first(where: { $0.name.utf8.elementsEqual(field.name.utf8) }) else {
                missing.append((ColumnPath(path), field))
                continue
            }
            if case .list(let element) = field.type, case .structure(let members) = element.type,
                case .list(let knownElement) = known.type, case .structure(let knownMembers) = knownElement.type
            {
                missing += Self.missing(members, in: knownMembers, at: path + [field.name])
            }
        }
        return missing
    }

    /// Removes versions that a failed move had made.
    func takeBack(_ names: [String], _ present: [String: ColdTable]) throws {
        for name in names { try present[name]?.iceberg.discardNewerVersions() }
    }
}

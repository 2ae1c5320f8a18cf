extension Table {
    /// What one commit does. All of it is one new version.
    ///
    /// Filled in by the caller and given to `commit`, which checks it against the table's present state.
    public struct Change: Sendable {
        /// For the snapshot's summary. `.append` may remove nothing, `.replace` must keep the number of rows; the others are not checked.
        public var operation: Snapshot.Operation
        /// Whole and durable already; none twice, and none that is also removed.
        public var added: [DataFile] = []
        /// By location. A file that isn't there (any more) is a conflict.
        public var removed: Set<String> = []
        /// More for the snapshot's summary.
        public var summary: [String: String] = [:]
        /// Of the table, set by this commit; others stay.
        public var properties: [String: String] = [:]
        /// Every older snapshot ends with this commit, as an erasure wants: nothing leads to the removed files any more.
        public var endsHistory = false
        /// The added files may lie in another table's storage: of a view of that table, which owns none.
        public var namesOtherTablesFiles = false

        public init(_ operation: Snapshot.Operation) {
            self.operation = operation
        }
    }

    /// Adds files.
    ///
    /// - Parameters:
    ///   - files: whole and durable already.
    ///   - now: in milliseconds since 1970; nil asks the clock.
    /// - Throws: as `commit`.
    public func append(_ files: [DataFile], summary: [String: String] = [:], now: Int64? = nil) throws(ColumnStoreError) -> Commit {
        var change = Change(.append)
        change.added = files
        change.summary = summary
        return try commit(change, now: now)
    }

    /// Reads of this version what the next append reads, and nothing else: the manifest list, and the manifests that are small enough to be written anew with what is added.
    ///
    /// For whoever makes files first: what is in the way of their commit is in the way then, too.
    ///
    /// - Throws: as `manifests(of:)` and `entries(of:)`.
    public func checkAppend() throws(ColumnStoreError) {
        guard let snapshot = metadata.currentSnapshot else { return }
        try entries(of: try manifests(of: snapshot).filter(CommitWriter.isSmall)) { (_, _) in true }
    }

    /// Puts files in the place of others that hold the same rows.
    ///
    /// - Parameter removed: locations, as the entries of the table have them.
    /// - Throws: as `commit`; `.invalidRequest` when the numbers of rows differ.
    public func replace(
        _ removed: Set<String>, with added: [DataFile], summary: [String: String] = [:], now: Int64? = nil
    ) throws(ColumnStoreError) -> Commit {
        var change = Change(.replace)
        change.added = added
        change.removed = removed
        change.summary = summary
        return try commit(change, now: now)
    }

    /// Makes the next version: manifests, manifest list, metadata file, hint, in this order, each durable before the next.
    ///
    /// - Throws: `.conflict` when the next version is there, or a removed file isn't; `.invalidRequest` when a replacement would
    ///   change the number of rows. The table is then as it was.
    public func commit(_ change: Change, now: Int64? = nil) throws(ColumnStoreError) -> Commit {
        guard metadata.isUnpartitioned else {
            throw ColumnStoreError(.unsupportedFeature, path: metadataLocation, "the table is partitioned: it is only read here")
        }
        var writer = CommitWriter(table: self, now: now)
        do {
            return try writer.commit(change)
        } catch {
            writer.removeWritten()
            throw error
        }
    }

    /// Adds columns and members of lists or structs, and nothing else; files keep theirs, and read as NULL in the new ones.
    ///
    /// No data file is touched. Ids are counted up from the greatest that the table ever gave, so that none comes to mean another column.
    ///
    /// - Parameter columns: each with the path of the column it goes into; an empty path for one of the table's own.
    /// - Throws: `.invalidRequest` for a required column, a taken name, or a path that is no list of structs nor struct.
    public func addColumns(
        _ columns: [(into: ColumnPath, field: Field)], now: Int64? = nil
    ) throws(ColumnStoreError) -> Commit {
        var lastColumnID = metadata.lastColumnID
        var fields = metadata.currentSchema.schema.fields
        for (path, field) in columns {
            guard !field.isRequired else {
                throw ColumnStoreError(.invalidRequest, column: field.name, "old rows have no value for a required column")
            }
            guard TableSchema.isStorable(field.type) else {
                throw ColumnStoreError(.invalidRequest, column: field.name, "no table holds a column of \(field.type)")
            }
            let numbered = TableSchema.numbering([field], lastColumnID: &lastColumnID)
            fields = try Self.adding(numbered[0], to: fields, path.names[...])
        }
        var writer = CommitWriter(table: self, now: now)
        do {
            return try writer.commit(schema: Schema(fields), lastColumnID: lastColumnID)
        } catch {
            writer.removeWritten()
            throw error
        }
    }

    /// Whether a schema is this table's with more columns or members, under the ids that it has: one that `adopt` takes.
    public func canAdopt(_ schema: Schema) -> Bool {
        guard let greatest = try? TableSchema.greatestID(schema.fields), greatest > 0 else { return false }
        return Self.extends(schema.fields, metadata.currentSchema.schema.fields)
    }

    /// Whether `fields` has every one of `old`, by id, with the same name, type and requiredness, whatever else it has and in whatever order.
    private static func extends(_ fields: [Field], _ old: [Field]) -> Bool {
        let byID = Dictionary(fields.map { ($0.id, $0) }) { first, _ in first }
        return old.allSatisfy { field in
            guard let other = byID[field.id], other.name.utf8.elementsEqual(field.name.utf8), other.isRequired == field.isRequired else { return false }
            switch (other.type, field.type) {
            case (.structure(let members), .structure(let oldMembers)): return extends(members, oldMembers)
            case (.list(let element), .list(let oldElement)): return extends([element], [oldElement])
            default: return other.type == field.type
            }
        }
    }

    /// Takes the columns of the table whose files this one shows, which has got more of them.
    ///
    /// - Throws: `.invalidRequest` for a schema that is not this one's with more.
    public func adopt(_ schema: Schema, now: Int64? = nil) throws(ColumnStoreError) -> Commit {
        guard canAdopt(schema) else { throw ColumnStoreError(.invalidRequest, path: metadataLocation, "another table's columns, which are not this one's and more") }
        var writer = CommitWriter(table: self, now: now)
        do {
            return try writer.commit(schema: schema, lastColumnID: max(metadata.lastColumnID, try TableSchema.greatestID(schema.fields)))
        } catch {
            writer.removeWritten()
            throw error
        }
    }

    /// The fields with `field` put into the column that `path` leads to. Names are compared by their bytes: Swift holds texts to be equal that Unicode calls
    /// equivalent, other engines do not.
    private static func adding(
        _ field: Field, to fields: [Field], _ path: ArraySlice<String>
    ) throws(ColumnStoreError) -> [Field] {
        var fields = fields
        guard let name = path.first else {
            guard !fields.contains(where: { $0.name.utf8.elementsEqual(field.name.utf8) }) else {
                throw ColumnStoreError(.invalidRequest, column: field.name, "there is a column of this name")
            }
            return fields + [field]
        }
        guard let index = fields.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw ColumnStoreError(.invalidRequest, column: name, "no such column")
        }
        switch fields[index].type {
        case .structure(let members):
            fields[index].type = .structure(try adding(field, to: members, path.dropFirst()))
        case .list(var element):
            guard case .structure(let members) = element.type else { fallthrough }
            element.type = .structure(try adding(field, to: members, path.dropFirst()))
            fields[index].type = .list(element: element)
        default: throw ColumnStoreError(.invalidRequest, column: name, "neither a struct nor a list of them")
        }
        return fields
    }
}

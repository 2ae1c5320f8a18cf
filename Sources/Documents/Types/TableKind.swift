/// What kind of table a type's documents go into: what makes two documents the same one, and what happens to one that is sent again.
///
/// A kind is one value at the end of this file: an answer to each question below, which are all that the store asks of a kind. Nobody outside can
/// name one, so that code which deals with tables asks questions, and another kind is another value, a word of `on_repeat` and whatever mechanics
/// it has that no kind had before.
package final class TableKind: Sendable {
    // MARK: What it is called

    /// Of `on_repeat` in type files.
    package let word: String
    /// As "every … has a column".
    package let noun: String
    /// As "the table … is a ledger".
    package let statement: String
    /// What a table's name has at its end where it is stored, behind the name that callers use. It tells kinds apart: no two have the same, and no type's
    /// table may end like that.
    package let storedSuffix: String

    // MARK: What one document is

    /// Whether a document of another business day is another document, whatever its receipt's id.
    package let dayIsOfIdentity: Bool
    package let uniqueness: Uniqueness
    /// By what two rows that are not FAILED may not be alike.
    package enum Uniqueness: Sendable { case identity, identityAndVersion }

    // MARK: What becomes of one that comes again

    /// Who knows what is stored under an identity that comes in.
    package let holder: Holder
    package enum Holder: Sendable {
        /// Hot files and cold ones, which are looked through before the writer gets the row.
        case rows
        /// The writer, by its index of the newest versions, when it stores the row.
        case index
    }
    /// Whether rows of one identity are numbered, and follow each other in the index of versions.
    package let numbersVersions: Bool
    /// Whether one call, or one upload, may bring an identity once only: of two nobody could say which is meant to be the newest.
    package let comesOnceACall: Bool
    /// Whether a bulk import may go past the writer.
    package let takesBulkImports: Bool
    /// Whether what it has stays as it is: nothing is removed, and no upload is taken back.
    package let isImmutable: Bool

    // MARK: Columns

    /// What the store adds to the types' columns, beside the upload that every kind has.
    package let ownColumns: [StoreColumn]
    /// Which columns of the store's a row brings with it into the hot tier, before those of its type. What else there is follows from what comes after it.
    package let broughtColumns: [StoreColumn]
    /// The same of a row that an upload brings.
    package let broughtByUploads: [StoreColumn]
    /// What of the store's columns a page of receipts has that names no fields.
    package let pageColumns: [StoreColumn]
    /// Whether changes say which version a row is, and whether that removes its document.
    package let changesNameVersions: Bool
    /// Whether a row may be without a document.
    package let hasRemovals: Bool

    // MARK: Old rows

    /// Whether a row grows old when another of its identity comes: compaction and sweeping then keep old rows and newest ones in files of their own.
    package let rowsGrowOld: Bool
    /// Whether engines outside see, under the name that callers use, a view of what is newest beside the stored table.
    package let publishesNewest: Bool
    /// Why it can have no rollups, in a sentence; nil where it can.
    package let noRollups: String?

    // MARK: What readers see

    package let reading: Reading
    package enum Reading: Sendable {
        /// Every row; a look-up finds those of an id.
        case rows
        /// Of each identity the newest version, now or as of an instant; a look-up finds that one.
        case versions
    }

    /// All kinds, those that a type file need not name first.
    package static let all: [TableKind] = [ledger, versioned]
    /// Where a type file says nothing.
    package static let unlessSaid = ledger

    // MARK: Names

    package static func named(_ word: String) -> TableKind? { all.first { $0.word == word } }

    private static let suffixed = all.filter { !$0.storedSuffix.isEmpty }
    private static let plain = all.first { $0.storedSuffix.isEmpty } ?? unlessSaid

    /// Of a table, by its name as it is stored.
    package static func ofStored(_ name: String) -> TableKind { suffixed.first { name.hasSuffix($0.storedSuffix) } ?? plain }

    /// What no type's table may end with.
    package static var reservedSuffixes: [String] { suffixed.map(\.storedSuffix) }

    package func storedName(of shown: String) -> String { shown + storedSuffix }

    /// As callers name a table of this kind.
    package func shownName(of stored: String) -> String { String(stored.dropLast(storedSuffix.utf8.count)) }

    private init(
        word: String, noun: String, statement: String, storedSuffix: String, dayIsOfIdentity: Bool, uniqueness: Uniqueness, holder: Holder, numbersVersions: Bool,
        comesOnceACall: Bool, takesBulkImports: Bool, isImmutable: Bool, ownColumns: [StoreColumn], broughtColumns: [StoreColumn], broughtByUploads: [StoreColumn],
        pageColumns: [StoreColumn], changesNameVersions: Bool, hasRemovals: Bool, rowsGrowOld: Bool, publishesNewest: Bool, noRollups: String?, reading: Reading
    ) {
        (self.word, self.noun, self.statement, self.storedSuffix) = (word, noun, statement, storedSuffix)
        (self.dayIsOfIdentity, self.uniqueness, self.holder, self.numbersVersions) = (dayIsOfIdentity, uniqueness, holder, numbersVersions)
        (self.comesOnceACall, self.takesBulkImports, self.isImmutable) = (comesOnceACall, takesBulkImports, isImmutable)
        (self.ownColumns, self.broughtColumns, self.broughtByUploads) = (ownColumns, broughtColumns, broughtByUploads)
        (self.pageColumns, self.changesNameVersions, self.hasRemovals) = (pageColumns, changesNameVersions, hasRemovals)
        (self.rowsGrowOld, self.publishesNewest, self.noRollups, self.reading) = (rowsGrowOld, publishesNewest, noRollups, reading)
    }

    // MARK: The kinds

    /// One identity, one document, with its day: what is stored stays.
    private static let ledger = TableKind(
        word: "refuse", noun: "ledger", statement: "is a ledger", storedSuffix: "",
        dayIsOfIdentity: true, uniqueness: .identity,
        holder: .rows, numbersVersions: false, comesOnceACall: false, takesBulkImports: true, isImmutable: true,
        ownColumns: [], broughtColumns: [], broughtByUploads: [.upload], pageColumns: [.upload], changesNameVersions: false, hasRemovals: false,
        rowsGrowOld: false, publishesNewest: false, noRollups: nil,
        reading: .rows)

    /// Documents that change: each is the next version of its identity, and all are kept, in `t_history`.
    private static let versioned = TableKind(
        word: "replace", noun: "versioned table", statement: "keeps versions", storedSuffix: "_history",
        dayIsOfIdentity: false, uniqueness: .identityAndVersion,
        holder: .index, numbersVersions: true, comesOnceACall: true, takesBulkImports: false, isImmutable: false,
        ownColumns: [.version, .removed, .validTo, .supersededBy], broughtColumns: [.version, .removed, .upload], broughtByUploads: [.version, .removed, .upload],
        pageColumns: [.version, .removed, .validTo, .upload], changesNameVersions: true, hasRemovals: true,
        rowsGrowOld: true, publishesNewest: true,
        noRollups: "the table keeps versions: what a file has becomes old after it was written, and with it its sums",
        reading: .versions)
}

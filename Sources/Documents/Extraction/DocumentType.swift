package import ColumnStore
internal import CXML2
package import Query

/// A version of a document type, compiled: recognises, validates and extracts. Immutable and shared by all threads.
///
/// Made from a type file (`TypeFile`) when it is put or when the store opens, kept by `TypeRegistry` while it is in force and by whoever reads a
/// document by it. Everything that can be found out about a type is found out here: paths are compiled and numbered, defaults converted, rules
/// bound to columns, schemas compiled.
///
/// Paths of all kinds (`match`, `each`, columns, ids) share one table for each format; where something has a path, it has its number there.
///
/// Classes of plans hold pointers into `arena`, which lives as long as this.
package final class DocumentType: Sendable {
    package let file: TypeFile
    package var name: String { file.name }
    package var version: Int { file.version }
    package var table: String { file.table }
    package var format: TypeFile.Format { file.format }
    /// Types of one table have one kind.
    package var tableKind: TableKind { file.tableKind }
    /// Whether a document holds several receipts, which a path finds.
    package var hasSeveralReceipts: Bool { each != nil }
    /// Stages of registrars; empty when receipts are COMPLETE at once.
    package var register: [[String]] { file.register }
    /// The stored columns and how a row of them lies.
    package let layout: RowLayout
    /// Paths of the columns with `bloom`: `customer_id`, `lines.product_code`.
    package let bloomPaths: [ColumnPath]

    /// The stored columns with `sensitive`: `ssn`, `owners.ssn`, all members of a sensitive list by the list's name.
    package let sensitivePaths: [ColumnPath]
    /// Whether the document holds values that few may see, stored in columns or not.
    package var isSensitive: Bool { file.hasSensitiveColumns }

    let sensitive: SensitivePaths
    let plan: ExtractionPlan
    /// Of `jsonPaths`, `xmlPaths` and `csvPaths` one is filled, by the type's format.
    let jsonPaths: JSONPathTable
    let xmlPaths: [XMLPath]
    /// The same for tapes; nil when its documents take a tree: for an XSD, or for a path that a tape cannot be asked.
    let xmlTapePaths: XMLTapePaths?
    let csvPaths: [String]
    /// All must pass for a document to be of the type; from the document's root.
    let match: [TestPlan]
    /// The path of the first of them, where that must find something.
    let neededPath: Int?
    /// The path to the receipts of an envelope, and what each of them must pass; nil where the document is the receipt.
    let each: (path: Int, tests: [TestPlan])?
    /// Computed columns and rules, in the order in which they are evaluated.
    let rules: RuleSet
    let schema: JSONSchema?
    let xsd: XMLSchema?
    /// Where in the receipt the XSD's elements are; nil for the receipt itself.
    let xsdPath: Int?
    /// Holds the defaults' texts.
    ///
    /// Written while this is made, read by any thread afterwards.
    nonisolated(unsafe) private let arena: Arena

    /// - Parameters:
    ///   - isKept: it was taken before. What is refused since for what it reads, or for the form of its schemas, goes on then: its documents are there.
    ///   - cancellation: ends the binding of its expressions, of which it may have megabytes.
    /// - Throws: every reason that the file cannot be compiled.
    /// - Complexity: milliseconds for a type with a large schema or XSD; never on the way of a document.
    package convenience init(_ file: TypeFile, isKept: Bool = false, cancellation: Cancellation? = nil) throws(TypeFileError) {
        try self.init(file, isKept: isKept, cancellation: cancellation, beside: nil)
    }

    /// - Parameter faults: those of the file's form, where it has any: it is compiled for further reasons alone then, and what comes out reads no document.
    fileprivate init(_ file: TypeFile, isKept: Bool, cancellation: Cancellation?, beside faults: FormFaults?) throws(TypeFileError) {
        self.file = file
        arena = Arena()
        // Order matters: `plan` makes the table of JSON's paths of all that have numbers by then.
        var compiler = PlanCompiler(file: file, arena: arena, cancellation: cancellation)
        compiler.areColumnsInDoubt = faults?.areColumnsInDoubt ?? false
        match = compiler.tests(file.match)
        if let test = match.first {
            neededPath = if case .exists(false) = test.condition { nil } else { test.path }
        } else {
            neededPath = nil
        }
        xsdPath = file.xsd?.at.map { compiler.path($0) }
        if let each = file.each {
            self.each = (compiler.path(each.path), compiler.tests(each.tests))
        } else {
            each = nil
        }
        layout = RowLayout(fields: file.fields)
        (plan, jsonPaths) = compiler.plan(layout: layout)
        (xmlPaths, csvPaths) = (compiler.xmlPaths, compiler.csvPaths)
        bloomPaths = Self.bloomPaths(of: file)
        sensitivePaths = file.sensitivePaths
        sensitive = SensitivePaths(of: file)
        for reason in isKept ? [] : sensitive.reasons { compiler.fail(reason.pointer, reason.message, code: reason.code) }
        // A list's view would have the name of the table's COMPLETE rows.
        for column in isKept ? [] : file.columns where column.isList && column.name == "accepted" {
            compiler.fail(column.pointer, "a list may not be called accepted: the view of its elements would be that of the COMPLETE rows", code: "invalid-value")
        }
        rules = RuleSet(of: file, &compiler)
        schema = Self.schema(of: file, isKept: isKept, &compiler)
        xsd = Self.xsd(of: file, isKept: isKept, &compiler)
        Self.check(file, &compiler)
        let takesTapes = file.format == .xml && file.xsd == nil && compiler.reasons.isEmpty && faults == nil
        xmlTapePaths = takesTapes ? XMLTapePaths(xmlPaths, namespaces: file.namespaces, scopes: plan.scopes) : nil
        // What is refused since it reads sensitive values is refused for new types only.
        let reasons = compiler.reasons.filter { !isKept || $0.code != SensitivePaths.code }
        guard reasons.isEmpty else { throw TypeFileError(reasons: reasons) }
    }

    /// A type of a file that the catalog keeps.
    ///
    /// - Throws: `TypeFileError` for a file of an earlier day that is not understood any more.
    package convenience init(kept json: [UInt8]) throws(TypeFileError) {
        let reading = try TypeFileReading(json, files: [:])
        if !reading.reasons.isEmpty { _ = try reading.compiled() }
        try self.init(reading.file, isKept: true)
    }

    /// Reads and compiles a type file in one step.
    ///
    /// - Parameters:
    ///   - files: schemas and XSDs by the names that the type refers to.
    ///   - cancellation: ends the binding of its expressions.
    package convenience init(json: [UInt8], files: [String: [UInt8]] = [:], cancellation: Cancellation? = nil) throws(TypeFileError) {
        let reading = try TypeFileReading(json, files: files)
        if !reading.reasons.isEmpty { _ = try reading.compiled(cancellation: cancellation) }
        try self.init(reading.file, cancellation: cancellation)
    }

    /// Columns that are not stored have no filter to be in.
    private static func bloomPaths(of file: TypeFile) -> [ColumnPath] {
        file.columns.filter(\.isStored).flatMap { column in
            column.isList
                ? column.members.filter { $0.hasBloom && $0.isStored }.map { ColumnPath([column.name, $0.name]) }
                : column.hasBloom ? [ColumnPath(column.name)] : []
        }
    }

    private static func schema(of file: TypeFile, isKept: Bool, _ compiler: inout PlanCompiler) -> JSONSchema? {
        guard let range = file.schema else { return nil }
        do throws(TypeFileError) {
            return try JSONSchema(Array(file.json[range]), files: file.files, assertsFormat: true, isKept: isKept)
        } catch {
            for reason in error.reasons { compiler.fail("/schema" + reason.pointer, reason.message, code: reason.code) }
            return nil
        }
    }

    private static func xsd(of file: TypeFile, isKept: Bool, _ compiler: inout PlanCompiler) -> XMLSchema? {
        guard let reference = file.xsd else { return nil }
        do throws(TypeFileError) {
            return try XMLSchema(main: reference.file, files: file.files, isKept: isKept)
        } catch {
            for reason in error.reasons { compiler.fail(reference.pointer, reason.message, code: reason.code) }
            return nil
        }
    }

    /// What only the whole of a file shows.
    private static func check(_ file: TypeFile, _ compiler: inout PlanCompiler) {
        if file.receiptID.contains(where: { $0.parts.allSatisfy(\.isOptional) }) {
            compiler.fail("/receipt_id", "one part of an id at least must not be optional")
        }
        if file.issuedAt.contains(where: { $0.parts.allSatisfy(\.isOptional) }) {
            compiler.fail("/issued_at", "a receipt without a time of issue is none: one part at least must not be optional")
        }
        for column in file.columns where column.isList && column.isStored && !column.members.contains(where: \.isStored) {
            compiler.fail(column.pointer + "/columns", "a stored list needs a stored column")
        }
        if let from = file.acceptFrom, let to = file.acceptTo, from > to { compiler.fail("/accept_to", "accept_to lies before accept_from") }
    }
}

extension DocumentType {
    /// Notes what the type's JSON Schema finds wrong in the receipt at `node`.
    ///
    /// Violations are pointers from the receipt on, cut where they go into a sensitive value.
    func validateJSON(_ tape: JSONTape, _ node: Int, _ context: ExtractionContext) {
        guard let schema else { return }
        schema.validate(tape, node, context.work) { place, missing, code, message in
            context.report(sensitive.cut(tape.pointer(to: place, missing: missing.map(Array.init), from: node, charging: context.work)), code, message)
        }
    }
}

// What was found by the file's form, and what compiling finds, go out as one list of reasons.
extension TypeFileReading {
    /// Whether the members can be held against others, by their form.
    ///
    /// - Parameter members: names of members of the file.
    package func isSound(_ members: Set<String>) -> Bool {
        reasons.allSatisfy { $0.code == "unknown-member" || !members.contains(FormFaults.member($0.pointer)) }
    }

    /// Expressions are bound to all columns at once: of more than there may be nobody waits for that.
    private var hasTooManyColumns: Bool {
        file.columns.count > TypeFileReader.columnCountMax || file.columns.contains { $0.members.count > TypeFileReader.columnCountMax }
    }

    /// The type, compiled.
    ///
    /// What could be read is compiled also where the form of the rest is wrong, so that whoever mends the file hears of all at once; what follows from a fault that is told is
    /// left out.
    ///
    /// - Parameters:
    ///   - cancellation: ends the binding of its expressions.
    ///   - further: what else is wrong with it, by who knows more than the file.
    /// - Throws: every reason.
    package func compiled(cancellation: Cancellation? = nil, further: (TypeFile) -> [Fault.Violation] = { _ in [] }) throws(TypeFileError) -> DocumentType {
        if reasons.contains(where: \.pointer.isEmpty) { throw TypeFileError(reasons: reasons) }
        // A place whose form is reported as wrong is not reported again.
        let told = Set(reasons.map(\.pointer))
        var all = reasons
        all.append(contentsOf: further(file).filter { !told.contains($0.pointer) })
        if hasTooManyColumns { throw TypeFileError(reasons: all) }
        let faults = reasons.isEmpty ? nil : FormFaults(reasons)
        let type: DocumentType
        do {
            type = try DocumentType(file, isKept: false, cancellation: cancellation, beside: faults)
        } catch {
            all.append(contentsOf: error.reasons.filter { faults?.isNews($0) ?? true })
            throw TypeFileError(reasons: all)
        }
        guard all.isEmpty else { throw TypeFileError(reasons: all) }
        return type
    }
}

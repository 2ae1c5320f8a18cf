package import ColumnStore
internal import CXlsxWriter
internal import Glibc

/// One or several answers as a workbook (ECMA-376, SpreadsheetML) on disk: a sheet for each, its header frozen and with a filter. One owner.
///
/// The calls: `beginSheet`, `append` for its rows, `beginSheet` …, `finish` once. A sheet that is full goes on in another
/// of a name like its own.
///
/// libxlsxwriter keeps one row in memory and the rest in files without names, which are charged to the queries' disk space. What the
/// library does not tell, a full disk above all, shows in the finished file: `finish` looks whether every sheet is there in its length.
package final class WorkbookFile {
    /// Of one sheet, with its header (Excel's own limits).
    package static let sheetRowCountMax = 1_048_576
    package static let columnCountMax = 16_384

    /// What became of the rows.
    package struct Summary: Sendable, Equatable {
        package var rowCount = 0
        package var sheetNames: [String] = []
        /// Texts longer than a cell holds: each says so at its end.
        package var cutTextCount = 0
    }

    private let path: String
    private let space: SpillSpace
    /// Nil once it was closed: the library frees it then.
    private var workbook: UnsafeMutablePointer<lxw_workbook>?
    private var formats: WorkbookFormats
    private var names = SheetNames()
    private var summary = Summary()
    /// Bytes taken of `space`; given back with the object.
    private var charged = 0
    /// Bytes of rows of each sheet that is complete.
    private var sheetByteCounts: [Int] = []
    /// The one that rows go to; nil between two.
    private var sheet: Sheet?
    private let rowCountMax: Int

    private struct Sheet {
        let pointer: UnsafeMutablePointer<lxw_worksheet>
        let wantedName: String
        let columns: [ResultColumn]
        /// The next row.
        var row = 0
        /// Of each column, the widest cell so far, in characters.
        var widths: [Int]
    }

    /// - Parameters:
    ///   - path: where the file is written by `finish`; nothing is there before.
    ///   - space: where intermediate rows lie, and what they are charged to.
    ///   - rowCountMax: rows of a sheet, with its header.
    package init(path: String, space: SpillSpace, sheetRowCountMax: Int = sheetRowCountMax) throws(QueryError) {
        self.path = path
        self.space = space
        rowCountMax = sheetRowCountMax
        // The library would take another directory without a word.
        guard access(space.directory, W_OK | X_OK) == 0 else { throw Self.failure("the directory for intermediate rows cannot be written: error \(errno)") }
        var options = lxw_workbook_options()
        // A row at a time: rows before the one at hand cannot be written to any more.
        options.constant_memory = 1
        let made = space.directory.withCString { directory in
            // The library copies the name.
            options.tmpdir = UnsafeMutablePointer(mutating: directory)
            return workbook_new_opt(path, &options)
        }
        guard let made else { throw Self.failure("a workbook cannot be begun: no memory") }
        workbook = made
        formats = WorkbookFormats(made)
    }

    deinit {
        if let workbook {
            closeRows()
            lxw_workbook_free(workbook)
        }
        space.give(charged)
    }

    // MARK: Rows

    /// Begins the sheet of a query; its name is made valid and its own.
    /// - Throws: `unsupported-sql` for too many columns; `spill-full`.
    package func beginSheet(named name: String, columns: [ResultColumn]) throws(QueryError) {
        try Self.check(columns)
        try endSheet()
        try openSheet(name, columns)
    }

    /// - Throws: `unsupported-sql` for an answer that is wider than a sheet.
    package static func check(_ columns: [ResultColumn]) throws(QueryError) {
        guard columns.count <= columnCountMax else {
            throw QueryError(.unsupportedSQL, "the answer has \(columns.count) columns, and a sheet of a workbook at most \(columnCountMax)")
        }
    }

    private func openSheet(_ wantedName: String, _ columns: [ResultColumn]) throws(QueryError) {
        let name = names.take(wantedName)
        guard let pointer = workbook_add_worksheet(workbook, name) else { throw Self.failure("the sheet \(name) cannot be begun") }
        summary.sheetNames.append(name)
        var sheet = Sheet(pointer: pointer, wantedName: wantedName, columns: columns, widths: [])
        for (index, column) in columns.enumerated() {
            let text = WorkbookText(Array(column.name.utf8))
            try write(text, to: pointer, row: 0, column: index, formats.header)
            // The filter's arrow stands beside the name.
            sheet.widths.append(text.width + 3)
        }
        sheet.row = 1
        self.sheet = sheet
    }

    /// Writes rows to the sheet at hand.
    /// - Precondition: a sheet was begun.
    /// - Throws: `spill-full`.
    package func append(_ batch: ColumnBatch) throws(QueryError) {
        guard var sheet else { preconditionFailure("rows before a sheet") }
        let cells = zip(batch.columns, sheet.columns).map { WorkbookCells($0, type: $1.type) }
        for row in 0..<batch.rowCount {
            // The sheet is full: the next one has the same columns and header.
            if sheet.row == rowCountMax {
                self.sheet = sheet
                try endSheet()
                try openSheet(sheet.wantedName, sheet.columns)
                guard let next = self.sheet else { preconditionFailure("a sheet was begun") }
                sheet = next
            }
            for index in cells.indices {
                let width = try write(cells[index].cell(row), to: sheet.pointer, row: sheet.row, column: index)
                if width > sheet.widths[index] { sheet.widths[index] = width }
            }
            sheet.row += 1
        }
        summary.rowCount += batch.rowCount
        self.sheet = sheet
        try charge(sheetByteCounts, current: Self.byteCount(of: sheet.pointer))
    }

    /// - Returns: how many characters wide the cell is shown.
    private func write(
        _ cell: WorkbookCells.Cell, to sheet: UnsafeMutablePointer<lxw_worksheet>, row: Int, column: Int
    ) throws(QueryError) -> Int {
        let (row32, column16) = (lxw_row_t(row), lxw_col_t(column))
        switch cell {
        case .empty: return 0
        case .boolean(let value):
            try Self.check(worksheet_write_boolean(sheet, row32, column16, value ? 1 : 0, nil))
            return 5
        case .number(let value, let form, let width):
            try Self.check(worksheet_write_number(sheet, row32, column16, value, formats.format(form)))
            return width
        case .text(let text):
            if text.isCut { summary.cutTextCount += 1 }
            try write(text, to: sheet, row: row, column: column, formats.text)
            return text.width
        }
    }

    /// Always a text, whatever it begins with: the library guesses nothing.
    private func write(
        _ text: WorkbookText, to sheet: UnsafeMutablePointer<lxw_worksheet>, row: Int, column: Int, _ format: UnsafeMutablePointer<lxw_format>?
    ) throws(QueryError) {
        let code = text.bytes.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { worksheet_write_string(sheet, lxw_row_t(row), lxw_col_t(column), $0.baseAddress, format) }
        }
        try Self.check(code)
    }

    // MARK: The end of a sheet, and of all

    /// Freezes the header, sets filter and widths, and brings the last row to disk.
    private func endSheet() throws(QueryError) {
        guard let sheet else { return }
        self.sheet = nil
        if !sheet.columns.isEmpty {
            worksheet_freeze_panes(sheet.pointer, 1, 0)
            worksheet_autofilter(sheet.pointer, 0, 0, lxw_row_t(sheet.row - 1), lxw_col_t(sheet.columns.count - 1))
        }
        for (index, width) in sheet.widths.enumerated() {
            worksheet_set_column(sheet.pointer, lxw_col_t(index), lxw_col_t(index), Double(min(max(width + 1, 8), 60)), nil)
        }
        // The last row still waits in memory: it belongs to the file's length.
        lxw_worksheet_write_single_row(sheet.pointer)
        if let file = sheet.pointer.pointee.optimize_tmpfile, fflush(file) != 0 || ferror(file) != 0 { throw Self.diskFull }
        sheetByteCounts.append(Self.byteCount(of: sheet.pointer))
        try charge(sheetByteCounts, current: 0)
    }

    /// Writes the file. The object is of no use afterwards.
    ///
    /// - Throws: `spill-full` where the disk has no room for it.
    package func finish() throws(QueryError) -> Summary {
        try endSheet()
        if summary.sheetNames.isEmpty { try openSheet("Sheet", []); try endSheet() }
        guard let workbook else { preconditionFailure("a workbook is finished once") }
        let cutCount = summary.cutTextCount
        if cutCount > 0 {
            let remark = "\(cutCount) text\(cutCount == 1 ? " was" : "s were") longer than a cell holds and cut; each says so at its end."
            remark.withCString { remark in
                var properties = lxw_doc_properties()
                properties.comments = UnsafeMutablePointer(mutating: remark)
                _ = workbook_set_properties(workbook, &properties)
            }
        }
        // Members past 4 GiB need the wider form of a zip file, which not every reader knows: only where it may be needed.
        let total = sheetByteCounts.reduce(0, +)
        workbook.pointee.options.use_zip64 = total > 2 << 30 ? 1 : 0
        try charge(sheetByteCounts, current: 0)
        self.workbook = nil
        let code = workbook_close(workbook)
        do throws(QueryError) {
            try Self.check(code)
            // The library looks at no result of `fwrite`: a sheet that is shorter than its rows shows a full disk.
            guard let lengths = ZipDirectory.memberByteCounts(path: path) else { throw Self.diskFull }
            for (index, byteCount) in sheetByteCounts.enumerated() {
                guard let written = lengths["xl/worksheets/sheet\(index + 1).xml"], written >= byteCount else { throw Self.diskFull }
            }
            return summary
        } catch {
            _ = FileRemoval.remove(path, .unpublished)
            throw error
        }
    }

    /// The rows so far, and the longest sheet once more: it is copied when the file is put together.
    /// - Throws: `spill-full`.
    private func charge(_ byteCounts: [Int], current: Int) throws(QueryError) {
        let wanted = byteCounts.reduce(current, +) + max(byteCounts.max() ?? 0, current)
        guard wanted > charged else { return }
        try space.take(wanted - charged)
        charged = wanted
    }

    /// What the library has written of a sheet's rows so far; 0 where there is no file yet.
    private static func byteCount(of sheet: UnsafeMutablePointer<lxw_worksheet>) -> Int {
        sheet.pointee.optimize_tmpfile.map { max(0, ftell($0)) } ?? 0
    }

    /// Files of a workbook that is given up: the library closes them when it puts one together only.
    private func closeRows() {
        guard let sheets = workbook?.pointee.worksheets else { return }
        var next = sheets.pointee.stqh_first
        while let sheet = next {
            if let file = sheet.pointee.optimize_tmpfile { fclose(file) }
            sheet.pointee.optimize_tmpfile = nil
            next = sheet.pointee.list_pointers.stqe_next
        }
    }

    private static let diskFull = QueryError(.spillFull, "the disk has no room for the workbook")

    private static func failure(_ what: String) -> QueryError { QueryError(.spillFull, what) }

    private static func check(_ code: lxw_error) throws(QueryError) {
        guard code == LXW_NO_ERROR else {
            throw failure("a workbook cannot be written: \(lxw_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)")")
        }
    }
}

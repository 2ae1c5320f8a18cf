/// Writes a receipt's cells as `RowLayout` has them.
///
/// The format is at `RowLayout`; its reader, `RowLayout.values`, is its inverse.
enum RowWriter {
    /// - Returns: bytes of their own.
    static func row(of plan: ExtractionPlan, context: ExtractionContext) -> [UInt8] {
        context.output.removeAll()
        write(plan, context.buffers, to: &context.output)
        return context.output.array()
    }

    /// Bytes of texts in the row. Columns of a list may all lead to one long text, so that a row is many times its document.
    ///
    /// What else is in it is bounded by the number of cells. Counted before the row is written, so that one that is too long takes no memory.
    static func byteCount(of plan: ExtractionPlan, _ buffers: UnsafeMutablePointer<ExtractionContext.Buffers>) -> Int {
        let cells = UnsafePointer(buffers.pointee.cells.base)
        var count = 0
        for index in 0..<plan.storedSteps.count {
            let step = plan.storedSteps[index]
            if step.isList {
                let view = buffers.pointee.lists.base[Int(step.index)]
                let members = plan.lists[Int(step.index)].storedSteps
                for member in 0..<members.count where members[member].form == .bytes {
                    // A member's cells are a row's width apart.
                    var place = view.start &+ Int(members[member].index)
                    for _ in 0..<view.rowCount {
                        if !cells[place].isNull { count &+= Int(cells[place].byteCount) }
                        place &+= view.width
                    }
                }
            } else if step.form == .bytes, !cells[Int(step.index)].isNull {
                count &+= Int(cells[Int(step.index)].byteCount)
            }
        }
        return count
    }

    /// The bitmap of the row's columns, then the values that are not NULL.
    private static func write(_ plan: ExtractionPlan, _ buffers: UnsafeMutablePointer<ExtractionContext.Buffers>, to output: inout ByteBuffer) {
        let steps = plan.storedSteps
        let cells = UnsafePointer(buffers.pointee.cells.base)
        let validity = output.appendBitmap(steps.count)
        for index in 0..<steps.count {
            let step = steps[index]
            if step.isList {
                // A list is always there, if only without elements.
                output.setBit(index, ofBitmapAt: validity)
                let view = buffers.pointee.lists.base[Int(step.index)]
                write(plan.lists[Int(step.index)].storedSteps, cells + view.start, view, to: &output)
            } else {
                let value = cells[Int(step.index)]
                if value.isNull { continue }
                output.setBit(index, ofBitmapAt: validity)
                write(value, step.form, to: &output)
            }
        }
    }

    /// By member: all values of the first, then all of the second. So a list's columns are read without stepping over the others.
    private static func write(
        _ members: UnsafeMutableBufferPointer<StoredStep>, _ cells: UnsafePointer<Cell>, _ view: ExtractionContext.ListView,
        to output: inout ByteBuffer
    ) {
        output.append(count: view.rowCount)
        for member in 0..<members.count {
            let step = members[member]
            let validity = output.appendBitmap(view.rowCount)
            var place = Int(step.index)
            for row in 0..<view.rowCount {
                if !cells[place].isNull {
                    output.setBit(row, ofBitmapAt: validity)
                    write(cells[place], step.form, to: &output)
                }
                place &+= view.width
            }
        }
    }

    @inline(__always)
    private static func write(_ cell: Cell, _ form: ColumnLayout.Form, to output: inout ByteBuffer) {
        switch form {
        case .byte: output.append(UInt8(truncatingIfNeeded: cell.number))
        case .int32: output.append(Int32(truncatingIfNeeded: cell.number))
        case .int64: output.append(Int64(truncatingIfNeeded: cell.number))
        case .int128: output.append(cell.number)
        case .double: output.append(UInt64(truncatingIfNeeded: cell.number))
        case .bytes:
            output.append(count: Int(cell.byteCount))
            output.append(cell.bytes, Int(cell.byteCount))
        case .list: break
        }
    }
}

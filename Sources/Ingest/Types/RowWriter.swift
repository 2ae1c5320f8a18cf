internal import ColumnStore

/// Writes a receipt's cells as `RowLayout` has them.
enum RowWriter {
    static func row(of plan: ExtractionPlan, layout: RowLayout, context: ExtractionContext) -> [UInt8] {
        context.output.removeAll()
        let validity = context.output.appendBitmap(plan.stored.count)
        for index in plan.stored.indices {
            switch plan.stored[index] {
            case .scalar(let cell):
                let value = context.cells[cell]
                if value.isNull { continue }
                context.output.setBit(index, ofBitmapAt: validity)
                write(value, layout.columns[index].form, to: &context.output)
            case .list(let number):
                context.output.setBit(index, ofBitmapAt: validity)
                write(plan.lists[number], number, layout.columns[index].members, context)
            }
        }
        return context.output.array()
    }

    private static func write(_ list: ListPlan, _ number: Int, _ members: [ColumnLayout], _ context: ExtractionContext) {
        let rowCount = context.elementCounts[number]
        let width = list.members.count
        context.output.append(count: rowCount)
        for index in list.storedMembers.indices {
            let member = list.storedMembers[index]
            let form = members[index].form
            let validity = context.output.appendBitmap(rowCount)
            for row in 0..<rowCount {
                let value = context.listCells[number][row &* width &+ member]
                if value.isNull { continue }
                context.output.setBit(row, ofBitmapAt: validity)
                write(value, form, to: &context.output)
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

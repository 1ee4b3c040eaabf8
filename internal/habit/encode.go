package habit

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The forms of an encoded profile, told by the first byte. All begin with the newest hour, the days, and by
// how much the last day and the last late hour are before it. Then come the cells, each three times its
// value plus what was seen there in the last seven days: 0 nothing, 1 seen, 2 answered.
//
//	sparse: the number of cells that are not 0, then for each the distance from the one before, and the cell
//	dense:  all 168 cells, 11 bits each, the lowest bits first
const (
	formEmpty  = 0
	formSparse = 1
	formDense  = 2

	cellBits  = 11
	denseSize = week * cellBits / 8
)

var errCut = errors.New("habit profile: the bytes end too early: read it whole")

// Append writes a profile behind b: one byte when it holds nothing, some twenty bytes for a few habits, never
// 256.
func (p Profile) Append(b []byte) []byte {
	if p.newest == 0 {
		return append(b, formEmpty)
	}
	var cells [week]uint16
	count, size := p.cells(&cells)
	form := byte(formSparse)
	if size > denseSize {
		form = formDense
	}
	b = append(b, form)
	for _, v := range []int32{p.newest, int32(p.days), p.newest/24 - p.day, p.newest - p.late} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	if form == formDense {
		return appendDense(b, &cells)
	}
	return appendSparse(b, &cells, count)
}

// cells joins values and what was seen; it counts those that are not 0, and the bytes of the sparse form.
func (p *Profile) cells(out *[week]uint16) (count, size int) {
	size = 2
	for i, v := range p.past {
		cell := v * 3
		if p.seen.Has(i) {
			cell++
		}
		if p.heavy.Has(i) {
			cell++
		}
		out[i] = cell
		if cell > 0 {
			count++
			size += 2
		}
		if cell >= 1<<7 {
			size++
		}
	}
	return count, size
}

func appendSparse(b []byte, cells *[week]uint16, count int) []byte {
	b = binary.AppendUvarint(b, uint64(count))
	last := 0
	for i, cell := range cells {
		if cell > 0 {
			b = binary.AppendUvarint(b, uint64(i-last))
			b = binary.AppendUvarint(b, uint64(cell))
			last = i
		}
	}
	return b
}

func appendDense(b []byte, cells *[week]uint16) []byte {
	var held uint32
	bits := 0
	for _, cell := range cells {
		held |= uint32(cell) << bits
		for bits += cellBits; bits >= 8; bits -= 8 {
			b = append(b, byte(held))
			held >>= 8
		}
	}
	return b
}

// Decode reads a profile from the beginning of b and gives what follows it. Bytes that Append did not write
// are an error or some valid profile.
func Decode(b []byte) (Profile, []byte, error) {
	if len(b) == 0 {
		return Profile{}, nil, errCut
	}
	form, b := b[0], b[1:]
	switch form {
	case formEmpty:
		return Profile{}, b, nil
	case formSparse, formDense:
	default:
		return Profile{}, nil, fmt.Errorf("habit profile: form %d is not known: it was written by a later version", form)
	}
	var p Profile
	b, err := p.readHead(b)
	if err != nil {
		return Profile{}, nil, err
	}
	if form == formDense {
		b, err = p.readDense(b)
	} else {
		b, err = p.readSparse(b)
	}
	if err != nil {
		return Profile{}, nil, err
	}
	return p, b, nil
}

func (p *Profile) readHead(b []byte) ([]byte, error) {
	var head [4]uint64
	for i := range head {
		var err error
		if head[i], b, err = readUvarint(b); err != nil {
			return nil, err
		}
	}
	newest, days, day, late := head[0], head[1], head[2], head[3]
	if newest < firstHour || newest > lastHour || days > mostDays || day > newest/24 || late > newest {
		return nil, fmt.Errorf("habit profile: newest hour %d, %d days, %d and %d before it, are not ones that were written", newest, days, day, late)
	}
	p.newest, p.days = int32(newest), uint16(days)
	p.day, p.late = int32(newest/24-day), int32(newest-late)
	return b, nil
}

func readUvarint(b []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, errCut
	}
	return v, b[n:], nil
}

func (p *Profile) readSparse(b []byte) ([]byte, error) {
	count, b, err := readUvarint(b)
	if err != nil {
		return nil, err
	}
	slot := uint64(0)
	for range min(count, week) {
		var gap, cell uint64
		if gap, b, err = readUvarint(b); err != nil {
			return nil, err
		}
		if cell, b, err = readUvarint(b); err != nil {
			return nil, err
		}
		if slot += gap; gap >= week || slot >= week || !p.setCell(int(slot), cell) {
			return nil, fmt.Errorf("habit profile: cell %d of hour %d is not one that was written", cell, slot)
		}
	}
	return b, nil
}

func (p *Profile) readDense(b []byte) ([]byte, error) {
	if len(b) < denseSize {
		return nil, errCut
	}
	var held uint32
	bits, next := 0, 0
	for slot := range week {
		for ; bits < cellBits; bits += 8 {
			held |= uint32(b[next]) << bits
			next++
		}
		if cell := uint64(held & (1<<cellBits - 1)); !p.setCell(slot, cell) {
			return nil, fmt.Errorf("habit profile: cell %d of hour %d is not one that was written", cell, slot)
		}
		held >>= cellBits
		bits -= cellBits
	}
	return b[denseSize:], nil
}

func (p *Profile) setCell(slot int, cell uint64) bool {
	if cell > most*3+2 {
		return false
	}
	p.past[slot] = uint16(cell / 3)
	if cell%3 >= 1 {
		p.seen.Add(slot)
	}
	if cell%3 == 2 {
		p.heavy.Add(slot)
	}
	return true
}

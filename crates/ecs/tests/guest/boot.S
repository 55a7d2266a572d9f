# Guest A of the tests: a boot sector that prints the checksum of the 1 MiB behind it (sectors 1 to 2048) on COM1, then
# switches the machine off, or stays if it was assembled with `--defsym STAY=1`. s = rotl32(s, 1) + word, little endian.
# A sector that cannot be read is said, and the guest stays.
#
# as --32 -o boot.o boot.S && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o boot.bin boot.o
    .code16
    .globl _start
_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $0x7c00, %sp
    sti
    movb %dl, drive
    xorl %ebp, %ebp
    movw $begin, %si
    call print
next:
    movw $packet, %si
    movb drive, %dl
    movb $0x42, %ah
    int $0x13
    jc failed
    pushw %ds
    movw $0x1000, %ax
    movw %ax, %ds
    xorw %si, %si
    movw $128, %cx
sum:
    lodsl
    roll $1, %ebp
    addl %eax, %ebp
    loop sum
    popw %ds
    incl lba
    cmpl $2049, lba
    jne next
    movw $8, %cx
digits:
    roll $4, %ebp
    movw %bp, %ax
    andb $15, %al
    addb $'0', %al
    cmpb $'9', %al
    jbe digit
    addb $39, %al
digit:
    call put
    loop digits
    movb $'\n', %al
    call put
power_off:
    movw $0x604, %dx
    movw $0x2000, %ax
.ifndef STAY
    outw %ax, %dx
.endif
halt:
    hlt
    jmp halt
failed:
    movw $unread, %si
    call print
    jmp halt
print:
    lodsb
    testb %al, %al
    jz printed
    call put
    jmp print
printed:
    ret
put:
    pushw %ax
    movw $0x3fd, %dx
busy:
    inb %dx, %al
    testb $0x20, %al
    jz busy
    popw %ax
    movw $0x3f8, %dx
    outb %al, %dx
    ret
begin: .asciz "INSTANCE-BOOTED sum32="
unread: .asciz "UNREADABLE\n"
drive: .byte 0
    .balign 4
packet: .byte 16, 0
    .word 1
    .word 0, 0x1000
lba: .long 1, 0
    .org 510
    .word 0xaa55

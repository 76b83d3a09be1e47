"""Completion in bash, zsh and fish of what click's own completion leaves out: words with an `=` in them.

bash splits a word there, so it is given the line, and gets back what follows its own last split. A word that ends in
`=` is to be gone on with, so no space follows it.
"""

import os

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

BASH = r"""
%(complete_func)s() {
    local IFS=$'\n' completion type value
    COMPREPLY=()
    for completion in $(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_CWORD="$2" %(complete_var)s=bash_complete "$1"); do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
        [[ $value == *= ]] && compopt -o nospace
    done
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

ZSH = r"""#compdef %(prog_name)s

%(complete_func)s() {
    local type value meaning
    local -a plain described suffix
    for type value meaning in "${(@f)$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \
            %(complete_var)s=zsh_complete %(prog_name)s)}"; do
        [[ $value == *= ]] && suffix=(-S '')
        case $type in
            dir) compset -P '-*='; _path_files -/ ;;
            file) compset -P '-*='; _path_files -f ;;
            plain)
                plain+=("$value")
                [[ $meaning != _ ]] && described+=("${value//:/\\:}:$meaning") ;;
        esac
    done
    if (( $#described )); then
        _describe -V unsorted described -U "${suffix[@]}"
    elif (( $#plain )); then
        compadd -U -V unsorted "${suffix[@]}" -a plain
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

FISH = r"""
function %(complete_func)s
    for completion in (COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -ct) \
            %(complete_var)s=fish_complete %(prog_name)s)
        set -l item (string split --max 1 , -- $completion)
        switch $item[1]
            case dir
                __fish_complete_directories $item[2]
            case file
                __fish_complete_path $item[2]
            case plain
                echo $item[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _WholeWords(ShellComplete):
    """Completes `--set=KEY` as a whole word, as shells see it, where click completes what follows its first `=`."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return the possible completions of the incomplete word."""
        option, equals, _ = incomplete.partition("=")
        items = super().get_completions(args, incomplete)
        if equals and option.startswith("-"):
            for item in items:
                item.value = f"{option}={item.value}" if item.type == "plain" else item.value
        return items


class Bash(_WholeWords, BashComplete):
    """Takes the line up to the cursor, and what bash takes for the word there."""

    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the incomplete one there."""
        _, *args, last = split_arg_string(os.environ["COMP_WORDS"] + "x")
        return args, last[:-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return the possible completions, without what bash does not take for a part of the incomplete word."""
        items = super().get_completions(args, incomplete)
        before = incomplete.removesuffix(os.environ["COMP_CWORD"])
        for item in items:
            item.value = item.value.removeprefix(before) if item.type == "plain" else item.value
        return items


class Zsh(_WholeWords, ZshComplete):
    """Answers in three lines an item."""

    source_template = ZSH

    def format_completion(self, item: "CompletionItem") -> str:
        """Return type, value and meaning, `_` for none."""
        return f"{item.type}\n{item.value}\n{item.help or '_'}"


class Fish(_WholeWords, FishComplete):
    """Answers in a line an item; fish itself leaves the space out after `=`."""

    source_template = FISH

    def format_completion(self, item: "CompletionItem") -> str:
        """Return type, value and meaning."""
        return f"{item.type},{item.value}" + (f"\t{item.help}" if item.help else "")


def install() -> None:
    """Make these the shells that click completes for."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)

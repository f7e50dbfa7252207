# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of dais for bash. What may stand where, dais itself tells: "dais complete".
_dais()
{
	local line=${COMP_LINE:0:COMP_POINT} words word head text

	IFS=$' \t\n' read -ra words <<<"$line"
	[[ $line == *[![:space:]] ]] || words+=('')
	word=${words[-1]}
	# What bash replaces begins behind the last of these characters.
	head=${word%"${word##*["${COMP_WORDBREAKS//[^=:]/}"]}"}
	COMPREPLY=()
	while IFS=$'\t' read -r text _; do
		case $text in
		":files "*) _dais_paths -f "${word:${text#:files }}" ;;
		":directories "*) _dais_paths -d "${word:${text#:directories }}" ;;
		*) COMPREPLY+=("${text#"$head"}") ;;
		esac
	done < <("$1" complete "${words[@]:1}" 2>/dev/null)
	[[ ${COMPREPLY[0]-} != *[=:,.] ]] || compopt -o nospace
}

_dais_paths()
{
	compopt -o filenames
	mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen "$1" -- "$2")
}

complete -F _dais dais
